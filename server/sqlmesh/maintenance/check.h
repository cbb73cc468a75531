// SPDX-License-Identifier: Apache-2.0
//
// `stateclient check`: the integrity of a state.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/findings.h"
#include "server/sqlmesh/maintenance/opening.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record.h"

namespace stateserver::maintenance {

struct CheckOptions {
  std::string database;  // for sentences
  std::string schema;
  absl::Duration lock_timeout = absl::Seconds(10);
};

struct CheckReport {
  store::Versions versions;
  int64_t snapshots = 0;
  int64_t environments = 0;
  int64_t interval_rows = 0;
  std::array<int64_t, kFindingKinds> counts{};
  std::vector<transfer::Note> notes;  // unusual and harmless
};

// Reads the whole state in one REPEATABLE READ READ ONLY transaction, from
// schema 77 on. Memory: 16 bytes for each snapshot and each reference of an
// environment, one row, one list of an environment. A row that cannot be read
// is a finding, not an error. NOT_MIGRATED, STATE_TOO_OLD, STATE_AHEAD.
absl::StatusOr<CheckReport> CheckState(postgres::Session& session, const CheckOptions& options,
                                       const Findings::Sink& on_finding, const Progress& progress);

}  // namespace stateserver::maintenance
