// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/runner.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/backup_tables.h"
#include "server/sqlmesh/migrations/failpoint.h"
#include "server/sqlmesh/migrations/rows/migrate_rows.h"
#include "server/sqlmesh/migrations/shape_check.h"
#include "server/sqlmesh/migrations/steps/steps.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::migrations {
namespace {

class Runner {
 public:
  Runner(postgres::Session& session, const RunOptions& options, const Progress& progress)
      : session_(session), options_(options), progress_(progress) {}

  absl::StatusOr<RunReport> Run() {
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
      ASSIGN_OR_RETURN(report_.rows, MigrateRows(session_, options_, progress_, &report_.notices));
    }
    RETURN_IF_ERROR(WriteVersions());
    return std::move(report_);
  }

 private:
  // As in SQLMesh, another sqlglot may make other fingerprints.
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
    ASSIGN_OR_RETURN(std::vector<StepReport> steps, RunSchemaSteps(session_, run));
    for (StepReport& step : steps) {
      report_.steps.push_back({step.number, std::string(step.title), step.rows_rewritten});
      for (std::string& warning : step.warnings) {
        report_.notices.push_back({"migration_warning", step.number, std::move(warning), {}});
      }
    }
    return absl::OkStatus();
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
  const Progress& progress_;
  RunReport report_;
};

}  // namespace

absl::StatusOr<RunReport> RunMigration(postgres::Session& session, const RunOptions& options,
                                       const Progress& progress) {
  return Runner(session, options, progress).Run();
}

}  // namespace stateserver::migrations
