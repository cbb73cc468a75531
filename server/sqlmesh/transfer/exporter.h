// SPDX-License-Identifier: Apache-2.0
//
// One instant of the state, as a stream of records.
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
  std::string database;  // for sentences
  std::string schema;
  std::vector<std::string> environments;  // empty: all
  bool allow_newer = false;
  // Exports what this restore point holds; `schema` then says whose point it is.
  std::string restore_point_id;
  // How long to wait for a session that is replacing the tables.
  absl::Duration lock_timeout = absl::Seconds(10);
};

struct ExportHeader {
  store::Versions versions;
  Counts counts;  // snapshots and environments that will follow
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

// Runs in a transaction of its own on `session`. Memory stays flat whatever the
// size of the state. NOT_MIGRATED, STATE_TOO_OLD, STATE_AHEAD,
// ENVIRONMENT_NOT_FOUND, STATE_CORRUPT, and what the sink returns.
absl::StatusOr<ExportTrailer> ExportState(postgres::Session& session, const ExportOptions& options,
                                          ExportSink& sink);

// The same inside the transaction of the caller, of a state that is of
// `versions` and that nobody else writes. The restore point is not looked at.
absl::StatusOr<ExportTrailer> ExportInTransaction(postgres::Session& session,
                                                  const ExportOptions& options,
                                                  const store::Versions& versions,
                                                  ExportSink& sink);

}  // namespace stateserver::transfer
