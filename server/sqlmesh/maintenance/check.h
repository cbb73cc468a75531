// SPDX-License-Identifier: Apache-2.0
//
// The command `stateclient check`, which checks the integrity of a state.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/findings.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::maintenance {

struct CheckOptions {
  std::string database;  // for messages
  std::string schema;
  absl::Duration lock_timeout = absl::Seconds(10);
};

struct CheckReport {
  store::Versions versions;
  int64_t snapshots = 0;
  int64_t environments = 0;
  int64_t interval_rows = 0;
  std::array<int64_t, kFindingKinds> counts{};
  std::vector<transfer::Note> notes;  // unusual but harmless facts
};

// Reads the whole state in one REPEATABLE READ READ ONLY transaction; supports schema 77 and later.
// Memory: 16 bytes for each snapshot and each reference of an environment, plus one row and one
// list of an environment. A row that cannot be read is a finding, not an error. Returns
// NOT_MIGRATED, STATE_TOO_OLD or STATE_AHEAD.
absl::StatusOr<CheckReport> CheckState(postgres::Session& session, const CheckOptions& options,
                                       const Findings::Sink& on_finding,
                                       const operations::Progress& progress);

}  // namespace stateserver::maintenance
