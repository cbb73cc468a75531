// SPDX-License-Identifier: Apache-2.0
//
// Conversion between the SQLMesh structs and protocol messages.
#pragma once

#include "absl/status/statusor.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/reads.h"
#include "server/sqlmesh/transfer/exporter.h"
#include "server/sqlmesh/transfer/importer.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "stateserver/v1/common.pb.h"
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
v1::RestorePoint ToProto(const restore_points::RestorePoint& point);

// Returns the part of a record that a caller sends; its views point into `record`. Returns
// ARGUMENT_INVALID if the record names no section.
absl::StatusOr<transfer::RecordPart> PartOf(const v1::Record& record);

}  // namespace stateserver::rpc
