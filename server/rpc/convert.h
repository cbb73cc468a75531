// Plain structs of the core to messages of the protocol.
#pragma once

#include "server/operations/audit.h"
#include "server/operations/log.h"
#include "server/operations/restore_points.h"
#include "server/store/layout.h"
#include "server/store/reads.h"
#include "server/transfer/exporter.h"
#include "server/transfer/importer.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::rpc {

v1::Versions ToProto(const store::Versions& versions);
store::Versions FromProto(const v1::Versions& versions);
v1::StateCounts ToProto(const transfer::Counts& counts);
v1::Note ToProto(const transfer::Note& note);
v1::ExportTrailer ToProto(const transfer::ExportTrailer& trailer);
v1::TableChanges ToProto(const transfer::TableChanges& changes);
v1::EnvironmentSummary ToProto(const store::EnvironmentSummary& summary);
v1::SnapshotSummary ToProto(const store::SnapshotSummary& summary);
v1::Operation ToProto(const operations::OperationRecord& record);
v1::AuditEvent ToProto(const operations::AuditEvent& event);
v1::RestorePoint ToProto(const operations::RestorePoint& point);

}  // namespace stateserver::rpc
