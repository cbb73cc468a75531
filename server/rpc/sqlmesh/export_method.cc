// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/export_method.h"

#include "common/time.h"
#include "server/platform/gateways/replica.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/export_stream.h"
#include "server/rpc/state_access.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/transfer/exporter.h"

namespace stateserver::rpc {
namespace {

std::string_view PhaseName(transfer::Section section) {
  return section == transfer::Section::kSnapshots ? "snapshots" : "environments";
}

v1::ExportHeader HeaderOf(const gateways::Gateway& gateway) {
  v1::ExportHeader header;
  header.set_gateway(gateway.name);
  header.set_database(gateway.database);
  header.set_state_schema(gateway.state_schema);
  return header;
}

// A restore point is loaded into tables, which a standby does not allow.
absl::StatusOr<gateways::ReadSession> Source(const gateways::Gateway& gateway,
                                             const v1::ExportRequest& request,
                                             const CallContext& call) {
  if (request.restore_point_id().empty()) return gateways::AcquireForExport(gateway, call);
  gateways::ReadSession source;
  ASSIGN_OR_RETURN(source.session, gateway.pool->Acquire(call));
  return source;
}

}  // namespace

absl::Status ServeExport(const ServiceContext& context, Slots& exports,
                         const v1::ExportRequest& request,
                         grpc::ServerWriter<v1::ExportResponse>* writer, CallContext& call,
                         CallNotes& notes) {
  absl::Time started = SteadyNow();
  ASSIGN_OR_RETURN(auto gateway, FindGateway(context, request.gateway(),
                                             {auth::Action::kExport, ""}, call, notes));
  ServiceLimits limits = context.limits();
  ASSIGN_OR_RETURN(Slots::Slot slot,
                   exports.Acquire(limits.exports, gateway->name, call.principal));
  notes.EnterPhase("open");
  ASSIGN_OR_RETURN(gateways::ReadSession source, Source(*gateway, request, call));
  telemetry::Metrics& metrics = context.rpc.metrics;
  if (!source.outcome.empty()) {
    metrics.ReplicaRead(gateway->name, source.outcome);
    notes.Add("read_from", source.outcome == "replica" ? "replica" : "primary");
  }
  transfer::ExportOptions options;
  options.database = gateway->database;
  options.schema = gateway->state_schema;
  options.environments = {request.environments().begin(), request.environments().end()};
  options.lock_timeout = limits.lock_timeout;
  if (!request.restore_point_id().empty()) {
    options.restore_point_id = request.restore_point_id();
    notes.Add("restore_point", request.restore_point_id());
  }
  ExportStream stream(
      HeaderOf(*gateway),
      [&](const v1::ExportResponse& message) { return Deliver(writer, message, notes); },
      [&](transfer::Section section, int64_t records, int64_t bytes) {
        notes.EnterPhase(PhaseName(section));
        notes.running().AddDone(records);
        metrics.AddRows(gateway->name, "export", PhaseName(section), records, bytes);
      });
  ASSIGN_OR_RETURN(transfer::ExportTrailer trailer,
                   transfer::ExportState(*source.session, options, stream));
  notes.EnterPhase("finish");
  RETURN_IF_ERROR(stream.Finish(trailer));
  notes.Add("snapshots", trailer.counts.snapshots);
  notes.Add("environments", trailer.counts.environments);
  metrics.PhaseFinished(gateway->name, "export", "total", SteadyNow() - started);
  metrics.OperationSucceeded(gateway->name, "export");
  return absl::OkStatus();
}

}  // namespace stateserver::rpc
