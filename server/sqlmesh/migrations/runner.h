// SPDX-License-Identifier: Apache-2.0
//
// A whole migration of one schema, in one transaction of its caller: backup
// tables, schema steps, row migration, `_versions`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/platform/workers/fingerprint_worker.h"
#include "server/platform/workers/payload_rewriter.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

// `step` is what is being done, in a few words.
using Progress = std::function<void(std::string_view step, int64_t done, int64_t total)>;

struct RunOptions {
  std::string schema;
  store::Versions before;
  // Of the newest schema.
  store::Versions target;
  // Leaves the `_backup` tables that `sqlmesh rollback` needs.
  bool backup_tables = true;
  // Snapshots whose hashes nobody can compute keep those they have, instead of
  // FINGERPRINTS_UNSUPPORTED.
  bool keep_unsupported_fingerprints = false;
  // Computes what the server cannot; null: there is none.
  workers::FingerprintWorker* worker = nullptr;
  // Rewrites Python literals and code; null: there is none.
  workers::PayloadRewriter* python = nullptr;
};

// A migration of SQLMesh that was run.
struct StepSummary {
  int number = 0;
  std::string title;
  int64_t rows_rewritten = 0;
};

// What became of the rows.
struct RowCounts {
  int64_t snapshots_read = 0;  // those that environments use
  int64_t native = 0;          // hashes computed by the server
  int64_t by_worker = 0;
  int64_t kept = 0;       // hashes kept, since nobody could compute them
  int64_t unchanged = 0;  // fingerprint as before
  int64_t written = 0;    // new rows
  int64_t environments = 0;
  int64_t environments_written = 0;
};

// Something a person should know; as stateserver.v1.Note.
struct Notice {
  std::string kind;
  int64_t count = 0;
  std::string message;
  std::vector<std::string> records;  // at most 100
};

struct RunReport {
  std::vector<StepSummary> steps;
  RowCounts rows;
  std::vector<Notice> notices;
};

// Brings the tables of `options.schema` from `options.before` to
// `options.target`. `session` is in a transaction that locks the tables against
// everybody else. Takes no lock, writes no operation and does not commit. After
// an error the caller rolls back, and nothing was changed.
//
// STATE_CORRUPT names the row and field that cannot be migrated;
// FINGERPRINTS_UNSUPPORTED lists snapshots and reasons.
absl::StatusOr<RunReport> RunMigration(postgres::Session& session, const RunOptions& options,
                                       const Progress& progress);

}  // namespace stateserver::migrations
