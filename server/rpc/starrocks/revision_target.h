// SPDX-License-Identifier: Apache-2.0
//
// Which warehouse and journal a call of RevisionService is about.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/rpc/service_context.h"
#include "server/rpc/starrocks/schema_sources.h"
#include "server/starrocks/revisions/run/revision_run.h"
#include "stateserver/v1/revisions.pb.h"

namespace stateserver::rpc {

struct RevisionScope {
  SchemaScope schema;
  revisions::WarehouseTarget target;
};

// GATEWAY_NOT_FOUND where the gateway has no state to keep the journal in;
// WAREHOUSE_MISSING; ARGUMENT_INVALID without a database.
absl::StatusOr<RevisionScope> FindRevisionScope(const ServiceContext& context,
                                                const v1::WarehouseScope& scope,
                                                const Access& access, const CallContext& call,
                                                CallNotes& notes);

// The revisions in the files. Errors: those of revisions::ReadGraph.
absl::StatusOr<std::shared_ptr<const revisions::Graph>> GraphOf(const FileCollector& files,
                                                                const CallContext& call);
revisions::VersionTableOptions FromProto(const v1::VersionTable& table);
// Negative: the server's.
absl::Duration LockWait(int64_t milliseconds, const ServiceLimits& limits);

}  // namespace stateserver::rpc
