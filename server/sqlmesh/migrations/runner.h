// SPDX-License-Identifier: Apache-2.0
//
// A whole migration of one schema, in one transaction of its caller: backup
// tables, schema steps, row migration, `_versions`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"
#include "server/platform/workers/fingerprint_worker.h"
#include "server/platform/workers/payload_rewriter.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/exporter.h"
#include "server/sqlmesh/transfer/importer.h"
#include "server/sqlmesh/transfer/older_load.h"

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

// A state file of an older release, brought to the newest one: its records are
// loaded into tables of a schema made up for the call, migrated and read again,
// all inside one transaction that is always rolled back.

struct UpgradeOptions {
  std::string database;  // for sentences
  store::Versions file_versions;
  int file_version = 1;
  std::optional<bool> importable;
  std::string to;  // a SQLMesh release; empty: the newest known
  bool keep_unsupported_fingerprints = false;
  workers::FingerprintWorker* worker = nullptr;
  workers::PayloadRewriter* python = nullptr;
};

// Not thread-safe. Begin; then Part …, Migrate, Export. The state of the gateway
// is neither read nor changed; the database may hold none.
class Upgrade {
 public:
  // FILE_VERSION_UNSUPPORTED, FILE_NOT_IMPORTABLE, STATE_AHEAD, STATE_TOO_OLD for
  // what the file says of itself; ARGUMENT_INVALID for `to`; PERMISSION_MISSING
  // without the right to create a schema.
  static absl::StatusOr<std::unique_ptr<Upgrade>> Begin(postgres::Pool& pool,
                                                        const CallContext& context,
                                                        UpgradeOptions options);
  ~Upgrade();

  // The file is one of the newest schema and recipe already: its records stay as
  // they are, and none must be sent.
  bool unchanged() const { return unchanged_; }
  const store::Versions& target() const { return target_; }
  const transfer::Counts& counts() const { return load_->counts(); }

  absl::Status Part(const transfer::RecordPart& part) { return load_->Part(part); }
  // As RunMigration.
  absl::StatusOr<RunReport> Migrate(const transfer::ImportTotals& totals, const Progress& progress);
  absl::StatusOr<transfer::ExportTrailer> Export(transfer::ExportSink& sink);

 private:
  Upgrade(UpgradeOptions options, store::Versions target)
      : options_(std::move(options)), target_(std::move(target)) {}
  absl::Status Start(postgres::Pool& pool, const CallContext& context);

  const UpgradeOptions options_;
  const store::Versions target_;
  bool unchanged_ = false;
  std::string schema_;
  std::unique_ptr<postgres::Session> session_;
  std::unique_ptr<transfer::OlderLoad> load_;
};

// `_snapshots_backup`.
std::string BackupName(std::string_view table);

// The tables that SQLMesh backs up.
const std::vector<std::string>& BackedUpTables();

// Those of `names` that are tables of `schema`, in the order of `names`.
absl::StatusOr<std::vector<std::string>> ExistingTables(postgres::Session& session,
                                                        const std::string& schema,
                                                        const std::vector<std::string>& names);

// Copies every state table there is, with indexes and keys, in place of the
// copies of an earlier migration. DEPENDENT_OBJECTS when somebody's view uses
// one of those.
absl::Status MakeBackups(postgres::Session& session, const std::string& schema);

}  // namespace stateserver::migrations
