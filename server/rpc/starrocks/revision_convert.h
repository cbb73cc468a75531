// SPDX-License-Identifier: Apache-2.0
//
// Conversion between plans, steps and journals and protocol messages.
#pragma once

#include <vector>

#include "server/starrocks/revisions/journal.h"
#include "server/starrocks/revisions/run/abandon_plan.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/step_runner.h"
#include "stateserver/v1/revisions.pb.h"

namespace stateserver::rpc {

v1::RevisionDirection ToProto(revisions::Direction direction);
v1::StatementProgress ToProto(const revisions::StepEvent& event);
v1::JournalEntry ToProto(const revisions::JournalEntry& entry);
v1::RevisionRun ToProto(const revisions::Run& run);
v1::WarehouseLock ToProto(const revisions::LockState& lock);
// Returns the messages that describe the plan, in their order.
std::vector<v1::RunEvent> ToProto(const revisions::RevisionRunPlan& plan,
                                  const std::string& database);
std::vector<v1::RunEvent> ToProto(const revisions::AbandonPlan& plan, const std::string& database);

}  // namespace stateserver::rpc
