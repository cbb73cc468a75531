// SPDX-License-Identifier: Apache-2.0
//
// Conversion between schemas and plans and protocol messages.
#pragma once

#include <functional>
#include <vector>

#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/diff/declared.h"
#include "server/starrocks/diff/lint.h"
#include "server/starrocks/diff/plan/planner.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::rpc {

v1::SchemaObjectKind ToProto(schema::ObjectKind kind);
v1::EngineFacts ToProto(const schema::Engine& engine, const std::string& database);
v1::SchemaStep ToProto(const schema::Step& step);
v1::SchemaRefusal ToProto(const schema::Refusal& refusal);
v1::SchemaWarning ToProto(const schema::PlanWarning& warning);
v1::UnmanagedSchemaItem ToProto(const schema::Unmanaged& item);
v1::SchemaFinding ToProto(const schema::LintFinding& finding);
v1::SchemaProblem ToProto(const schema::Problem& problem);
v1::UnreadSchemaObject ToProto(const schema::UnreadObject& unread);
v1::InspectedObject ToProto(const schema::LiveObject& object);

// Returns the warnings about the declarations as those of a plan.
std::vector<schema::PlanWarning> WarningsOf(const schema::Declared& declared);

// Calls `send` with an event for each item of the plan, without the engine.
void EachEvent(const schema::Plan& plan, const std::vector<schema::LintFinding>& findings,
               const std::function<void(const v1::PlanEvent&)>& send);

}  // namespace stateserver::rpc
