// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/runner.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/dependents.h"
#include "server/sqlmesh/migrations/failpoint.h"
#include "server/sqlmesh/migrations/rows/migrate_rows.h"
#include "server/sqlmesh/migrations/shape_check.h"
#include "server/sqlmesh/migrations/steps/steps.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::migrations {

absl::StatusOr<std::unique_ptr<FileMigration>> FileMigration::Begin(postgres::Pool& pool,
                                                                    const CallContext& context,
                                                                    FileMigrationOptions options) {
  RETURN_IF_ERROR(transfer::CheckFileHeader(options.file_version, options.importable));
  RETURN_IF_ERROR(store::CheckUpgradable(options.file_versions));
  ASSIGN_OR_RETURN(store::Versions newest, store::MigrationTarget(options.to));
  ASSIGN_OR_RETURN(store::Versions target,
                   store::VersionsAfterMigration("file", options.file_versions, newest));
  // SQLMesh only compares major.minor, so a file may be written for an earlier patch release.
  if (!options.to.empty() && store::SameAsNewest(options.file_versions)) target = newest;
  std::unique_ptr<FileMigration> migration(
      new FileMigration(std::move(options), std::move(target)));
  // A file of a later release has the target's versions already.
  migration->unchanged_ = migration->options_.file_versions == migration->target_ ||
                          store::SameAsNewest(migration->options_.file_versions);
  if (!migration->unchanged_) RETURN_IF_ERROR(migration->Start(pool, context));
  return migration;
}

namespace {

// Returns the name of the session's schema of temporary tables, which exists from the first such
// table on. Its alias pg_temp is not a name in PostgreSQL's catalogs.
absl::StatusOr<std::string> TemporarySchema(postgres::Session& session) {
  RETURN_IF_ERROR(
      session.Execute("CREATE TEMPORARY TABLE stateserver_upgrade (first int) ON COMMIT DROP"));
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()"));
  if (rows.rows() == 1) return std::string(rows.Text(0, 0));
  return Error(Reason::INTERNAL, "The session has no schema of temporary tables");
}

}  // namespace

absl::Status FileMigration::Start(postgres::Pool& pool, const CallContext& context) {
  ASSIGN_OR_RETURN(session_, pool.Acquire(context));
  ASSIGN_OR_RETURN(transaction_,
                   postgres::Transaction::Begin(*session_, postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(session_->Execute("SET LOCAL work_mem = '64MB'"));
  ASSIGN_OR_RETURN(schema_, TemporarySchema(*session_));
  RETURN_IF_ERROR(store::CreateState(*session_, schema_, options_.file_versions));
  load_ = std::make_unique<transfer::OlderLoad>(
      *session_, schema_, options_.file_versions.schema_version, absl::ToUnixMillis(absl::Now()));
  return absl::OkStatus();
}

absl::StatusOr<RunReport> FileMigration::Migrate(const transfer::SentTotals& totals,
                                                 const operations::Progress& progress) {
  RETURN_IF_ERROR(load_->Finish(totals));
  MIGRATION_FAILPOINT("upgrade.after_load", *session_);
  RunOptions run;
  run.schema = schema_;
  run.before = options_.file_versions;
  run.target = target_;
  run.backup_tables = false;
  run.keep_unsupported_fingerprints = options_.keep_unsupported_fingerprints;
  run.worker = options_.worker;
  run.python = options_.python;
  run.rewrite_python = options_.rewrite_python;
  ASSIGN_OR_RETURN(RunReport report, RunMigration(*session_, run, progress));
  for (transfer::Note& note : load_->Notes()) {
    report.notes.push_back(
        {note.kind, note.count, std::move(note.message), std::move(note.records)});
  }
  MIGRATION_FAILPOINT("upgrade.after_migrate", *session_);
  return report;
}

absl::StatusOr<transfer::ExportTrailer> FileMigration::Export(transfer::ExportSink& sink) {
  transfer::ExportOptions options;
  options.database = options_.database;
  options.schema = schema_;
  return transfer::ExportInTransaction(*session_, options, target_, sink);
}

std::string BackupName(std::string_view table) { return Cat(table, "_backup"); }

const std::vector<std::string>& BackedUpTables() { return store::StateTables(); }

absl::StatusOr<std::vector<std::string>> ExistingTables(postgres::Session& session,
                                                        const std::string& schema,
                                                        const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query("SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
                    {schema}));
  std::vector<std::string_view> there;
  for (size_t i = 0; i < rows.rows(); ++i) there.push_back(rows.Text(i, 0));
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (std::find(there.begin(), there.end(), name) != there.end()) out.push_back(name);
  }
  return out;
}

absl::Status MakeBackups(postgres::Session& session, const std::string& schema) {
  std::vector<std::string> backups;
  for (const std::string& table : BackedUpTables()) backups.push_back(BackupName(table));
  RETURN_IF_ERROR(postgres::RefuseDependents(session, schema, backups,
                                             "An earlier migration's copy would be dropped"));
  ASSIGN_OR_RETURN(std::vector<std::string> tables,
                   ExistingTables(session, schema, BackedUpTables()));
  for (const std::string& table : tables) {
    std::string from = store::Qualified(schema, table);
    std::string to = store::Qualified(schema, BackupName(table));
    RETURN_IF_ERROR(
        session.Execute(Cat("DROP TABLE IF EXISTS ", to, ";CREATE TABLE ", to, " (LIKE ", from,
                            " INCLUDING ALL);INSERT INTO ", to, " SELECT * FROM ", from)));
  }
  return absl::OkStatus();
}

namespace {

class Runner {
 public:
  Runner(postgres::Session& session, const RunOptions& options,
         const operations::Progress& progress)
      : session_(session), options_(options), progress_(progress) {}

  absl::StatusOr<RunReport> Migrate() {
    RETURN_IF_ERROR(CheckShape(session_, options_.schema, options_.before.schema_version));
    if (options_.backup_tables) {
      progress_("Backing up the tables", 0, 1);
      RETURN_IF_ERROR(MakeBackups(session_, options_.schema));
      progress_("Backing up the tables", 1, 1);
    }
    MIGRATION_FAILPOINT("migrate.after_backups", session_);
    bool stepped = options_.before.schema_version < options_.target.schema_version;
    if (stepped) RETURN_IF_ERROR(RunSteps());
    MIGRATION_FAILPOINT("migrate.after_steps", session_);
    if (stepped || !SameSqlglot()) {
      ASSIGN_OR_RETURN(report_.rows, MigrateRows(session_, options_, progress_, &report_.notes));
    }
    RETURN_IF_ERROR(WriteVersions());
    return std::move(report_);
  }

 private:
  // As in SQLMesh, another sqlglot may compute other fingerprints.
  bool SameSqlglot() const {
    return store::MajorMinor(options_.before.sqlglot_version) ==
           store::MajorMinor(options_.target.sqlglot_version);
  }

  absl::Status RunSteps() {
    SchemaRun run;
    run.schema = options_.schema;
    run.from = options_.before.schema_version;
    run.python = options_.python;
    run.progress = progress_;
    run.rewrite_python = options_.rewrite_python;
    ASSIGN_OR_RETURN(SchemaReport schema, RunSchemaSteps(session_, run));
    ReportForms(schema.forms);
    for (StepReport& step : schema.steps) {
      report_.steps.push_back({step.number, std::string(step.title), step.rows_rewritten});
      for (std::string& warning : step.warnings) {
        report_.notes.push_back({"migration_warning", step.number, std::move(warning), {}});
      }
    }
    return absl::OkStatus();
  }

  void ReportForms(const PythonForms& forms) {
    if (forms.release().empty()) return;
    report_.rewrite_python = {forms.release(), std::string(FormSourceName(forms.source))};
    if (forms.varying() == 0) return;
    report_.notes.push_back({"python_forms", forms.varying(), forms.Describe(), forms.names()});
  }

  absl::Status WriteVersions() {
    std::string table = store::Qualified(options_.schema, "_versions");
    RETURN_IF_ERROR(session_.Execute(Cat("DELETE FROM ", table)));
    return session_
        .Query(Cat("INSERT INTO ", table,
                   " (schema_version, sqlglot_version, sqlmesh_version) VALUES ($1::int, $2, $3)"),
               {Cat(options_.target.schema_version), options_.target.sqlglot_version,
                options_.target.sqlmesh_version})
        .status();
  }

  postgres::Session& session_;
  const RunOptions& options_;
  const operations::Progress& progress_;
  RunReport report_;
};

}  // namespace

absl::StatusOr<RunReport> RunMigration(postgres::Session& session, const RunOptions& options,
                                       const operations::Progress& progress) {
  return Runner(session, options, progress).Migrate();
}

}  // namespace stateserver::migrations
