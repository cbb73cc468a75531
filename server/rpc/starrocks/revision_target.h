// SPDX-License-Identifier: Apache-2.0
//
// Resolution of the warehouse and journal for a call of RevisionService.
#pragma once

#include <algorithm>
#include <memory>

#include "absl/status/statusor.h"
#include "server/rpc/service_context.h"
#include "server/rpc/starrocks/schema_sources.h"
#include "server/rpc/times.h"
#include "server/starrocks/revisions/run/revision_run.h"
#include "stateserver/v1/revisions.pb.h"

namespace stateserver::rpc {

struct RevisionScope {
  SchemaScope schema;
  revisions::WarehouseTarget target;
};

// Resolves the scope. Returns GATEWAY_NOT_FOUND if the gateway has no state to keep the journal in,
// WAREHOUSE_MISSING, or ARGUMENT_INVALID without a database.
absl::StatusOr<RevisionScope> FindRevisionScope(const ServiceContext& context,
                                                const v1::WarehouseScope& scope,
                                                const Access& access, const CallContext& call,
                                                CallNotes& notes);

// Returns the revisions in the files. Errors are those of revisions::ReadGraph.
absl::StatusOr<std::shared_ptr<const revisions::Graph>> GraphOf(const FileCollector& files,
                                                                const CallContext& call);

// Receives the files that follow the begin of a changing call, until the end of the stream.
// Receiving and parsing them occupies a slot of the schema calls; what follows, which may take
// hours, does not.
template <typename Request, typename Stream>
absl::StatusOr<revisions::GraphReader> ReceiveFiles(const ServiceContext& context,
                                                    const RevisionScope& scope, Stream* stream,
                                                    CallContext& call, CallNotes& notes) {
  ASSIGN_OR_RETURN(Slots::Slot slot, AcquireSchemaSlot(context, scope.schema, call));
  auto held = std::make_shared<Slots::Slot>(std::move(slot));
  auto files = std::make_shared<FileCollector>();
  Request message;
  while (true) {
    ASSIGN_OR_RETURN(bool more, Receive(stream, &message, notes));
    if (!more) break;
    if (!message.has_revision_file()) return StreamOutOfOrder("A message has no file.");
    RETURN_IF_ERROR(files->Add(message.revision_file()));
  }
  return [held, files, &call]() mutable {
    auto graph = GraphOf(*files, call);
    held.reset();
    files.reset();
    return graph;
  };
}

revisions::VersionTableOptions FromProto(const v1::VersionTable& table);
// Returns the maximum time to wait for the lock. `Options` has the field lock_wait.
template <typename Options>
absl::Duration LockWait(const Options& options, const ServiceLimits& limits) {
  return options.has_lock_wait()
             ? std::max(DurationFromProto(options.lock_wait()), absl::ZeroDuration())
             : limits.lock_timeout;
}

}  // namespace stateserver::rpc
