// SPDX-License-Identifier: Apache-2.0
//
// A consistent snapshot of the state as a stream of records.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

struct ExportOptions {
  std::string database;  // for messages
  std::string schema;
  std::vector<std::string> environments;  // if empty, all
  // Exports the contents of this restore point; `schema` then names the state it belongs to.
  std::string restore_point_id;
  // Maximum time to wait for a session that is replacing the tables.
  absl::Duration lock_timeout = absl::Seconds(10);
};

struct ExportHeader {
  store::Versions versions;
  Counts counts;  // snapshots and environments that follow
  int64_t snapshot_ts = 0;
};

struct ExportTrailer {
  Counts counts;
  std::string checksum;
  std::string state_token;
  std::vector<Note> notes;
};

class ExportSink : public PartSink {
 public:
  virtual absl::Status Header(const ExportHeader& header) = 0;
};

// Exports the state in its own transaction on `session`. Memory is constant, regardless of the size
// of the state. A state of a newer schema version than the server knows is exported as it is
// stored; STATE_AHEAD if that is not possible. Returns NOT_MIGRATED, STATE_TOO_OLD,
// ENVIRONMENT_NOT_FOUND, STATE_CORRUPT, and errors of the sink.
absl::StatusOr<ExportTrailer> ExportState(postgres::Session& session, const ExportOptions& options,
                                          ExportSink& sink);

// Exports inside the caller's transaction. The state must have `versions` and no concurrent
// writers. Ignores the restore point of `options`.
absl::StatusOr<ExportTrailer> ExportInTransaction(postgres::Session& session,
                                                  const ExportOptions& options,
                                                  const store::Versions& versions,
                                                  ExportSink& sink);

}  // namespace stateserver::transfer
