// SPDX-License-Identifier: Apache-2.0
//
// A complete migration of one schema, in the caller's transaction: backup tables, schema steps, row
// migration, `_versions`. Also the migration of a state file.
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
#include "server/operations/progress.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"
#include "server/platform/workers/fingerprint_worker.h"
#include "server/platform/workers/payload_rewriter.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/exporter.h"
#include "server/sqlmesh/transfer/importer.h"
#include "server/sqlmesh/transfer/older_load.h"

namespace stateserver::migrations {

struct RunOptions {
  std::string schema;
  store::Versions before;
  // Versions of the newest schema.
  store::Versions target;
  // Creates the `_backup` tables that `sqlmesh rollback` needs.
  bool backup_tables = true;
  // If true, snapshots whose hashes cannot be computed keep their hashes. Otherwise they cause
  // FINGERPRINTS_UNSUPPORTED.
  bool keep_unsupported_fingerprints = false;
  // Computes hashes that the server cannot compute; null if not available.
  workers::FingerprintWorker* worker = nullptr;
  // Rewrites Python literals and code; null if not available.
  workers::PayloadRewriter* python = nullptr;
  // See SchemaRun.
  std::string rewrite_python = {};
};

// RewritePython is the Python release in whose form payloads were written.
struct RewritePython {
  std::string release;  // such as 3.12 or 3.11.2
  std::string source;   // see FormSourceName

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("release", self.release);
    visit("source", self.source);
  }
};

// StepSummary describes one of SQLMesh's migrations that was run.
struct StepSummary {
  int number = 0;
  std::string title;
  int64_t rows_rewritten = 0;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("number", self.number);
    visit("title", self.title);
    visit("rows_rewritten", self.rows_rewritten);
  }
};

// RowCounts summarizes the row migration.
struct RowCounts {
  int64_t snapshots_read = 0;  // used by environments
  int64_t native = 0;          // hashes computed by the server
  int64_t by_worker = 0;
  int64_t kept = 0;       // hashes kept because they could not be computed
  int64_t unchanged = 0;  // fingerprint unchanged
  int64_t written = 0;    // new rows
  int64_t environments = 0;
  int64_t environments_written = 0;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("snapshots_read", self.snapshots_read);
    visit("fingerprints_native", self.native);
    visit("fingerprints_by_worker", self.by_worker);
    visit("fingerprints_kept", self.kept);
    visit("snapshots_unchanged", self.unchanged);
    visit("snapshots_written", self.written);
    visit("environments", self.environments);
    visit("environments_written", self.environments_written);
  }
};

struct RunReport {
  std::vector<StepSummary> steps;
  RowCounts rows;
  std::vector<transfer::Note> notes;
  std::optional<RewritePython> rewrite_python = {};  // absent if Python wrote nothing

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("steps", self.steps);
    visit("rows", self.rows);
    visit("notes", self.notes);
    visit("rewrite_python", self.rewrite_python);
  }
};

// Migrates the tables of `options.schema` from `options.before` to `options.target`. `session` must
// be in a transaction that locks the tables exclusively. Takes no lock, writes no operation and
// does not commit. After an error the caller must roll back.
//
// Returns STATE_CORRUPT, naming the row and field that cannot be migrated, or
// FINGERPRINTS_UNSUPPORTED, listing snapshots and reasons.
absl::StatusOr<RunReport> RunMigration(postgres::Session& session, const RunOptions& options,
                                       const operations::Progress& progress);

struct FileMigrationOptions {
  std::string database;  // for messages
  store::Versions file_versions;
  int file_version = 1;
  std::optional<bool> importable;
  std::string to;  // a SQLMesh release; if empty, the newest known
  bool keep_unsupported_fingerprints = false;
  workers::FingerprintWorker* worker = nullptr;
  workers::PayloadRewriter* python = nullptr;
  std::string rewrite_python = {};  // see SchemaRun
};

// FileMigration brings a state file of an older release to the newest one. It loads the records
// into temporary tables, migrates them and reads them back, all in one transaction that is always
// rolled back. The gateway's state is neither read nor changed, and need not exist. Call
// Begin, then Part for each record, Migrate and Export. Not thread-safe.
class FileMigration {
 public:
  // Begins a migration. Returns FILE_VERSION_UNSUPPORTED, FILE_NOT_IMPORTABLE, STATE_AHEAD or
  // STATE_TOO_OLD for the file's header, ARGUMENT_INVALID for `to`, or PERMISSION_MISSING without
  // the right to create temporary tables.
  static absl::StatusOr<std::unique_ptr<FileMigration>> Begin(postgres::Pool& pool,
                                                              const CallContext& context,
                                                              FileMigrationOptions options);

  // Returns true if the file already has the newest schema and recipe: its records stay unchanged
  // and must not be sent.
  bool unchanged() const { return unchanged_; }
  const store::Versions& target() const { return target_; }
  const transfer::Counts& counts() const { return load_->counts(); }

  absl::Status Part(const transfer::RecordPart& part) { return load_->Part(part); }
  // Migrates the loaded records. Errors are those of RunMigration.
  absl::StatusOr<RunReport> Migrate(const transfer::SentTotals& totals,
                                    const operations::Progress& progress);
  absl::StatusOr<transfer::ExportTrailer> Export(transfer::ExportSink& sink);

 private:
  FileMigration(FileMigrationOptions options, store::Versions target)
      : options_(std::move(options)), target_(std::move(target)) {}
  absl::Status Start(postgres::Pool& pool, const CallContext& context);

  const FileMigrationOptions options_;
  const store::Versions target_;
  bool unchanged_ = false;
  std::string schema_;
  std::unique_ptr<postgres::Session> session_;
  std::optional<postgres::Transaction> transaction_;  // never committed
  std::unique_ptr<transfer::OlderLoad> load_;
};

// Returns a name such as `_snapshots_backup`.
std::string BackupName(std::string_view table);

// Returns the tables that SQLMesh backs up.
const std::vector<std::string>& BackedUpTables();

// Returns those of `names` that are tables of `schema`, in the order of `names`.
absl::StatusOr<std::vector<std::string>> ExistingTables(postgres::Session& session,
                                                        const std::string& schema,
                                                        const std::vector<std::string>& names);

// Copies every existing state table with its indexes and keys, replacing the copies of an earlier
// migration. Returns DEPENDENT_OBJECTS if a view uses one of those copies.
absl::Status MakeBackups(postgres::Session& session, const std::string& schema);

}  // namespace stateserver::migrations
