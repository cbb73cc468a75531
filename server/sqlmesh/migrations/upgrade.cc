// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/upgrade.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/sqlmesh/migrations/failpoint.h"
#include "server/sqlmesh/store/create.h"
#include "server/sqlmesh/store/releases.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::migrations {

absl::StatusOr<std::unique_ptr<Upgrade>> Upgrade::Begin(postgres::Pool& pool,
                                                        const CallContext& context,
                                                        UpgradeOptions options) {
  RETURN_IF_ERROR(transfer::CheckFileHeader(options.file_version, options.importable));
  RETURN_IF_ERROR(store::CheckExportable(options.file_versions, /*allow_newer=*/false));
  ASSIGN_OR_RETURN(store::Versions target, store::MigrationTarget(options.to));
  std::unique_ptr<Upgrade> upgrade(new Upgrade(std::move(options), std::move(target)));
  upgrade->unchanged_ = store::SameAsNewest(upgrade->options_.file_versions);
  if (!upgrade->unchanged_) RETURN_IF_ERROR(upgrade->Start(pool, context));
  return upgrade;
}

Upgrade::~Upgrade() {
  if (session_ != nullptr) session_->Rollback();
}

absl::Status Upgrade::Start(postgres::Pool& pool, const CallContext& context) {
  ASSIGN_OR_RETURN(session_, pool.Acquire(context));
  RETURN_IF_ERROR(session_->Begin(postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(session_->Execute("SET LOCAL work_mem = '64MB'"));
  schema_ = Cat("stateserver_upgrade_", NewHexId());
  RETURN_IF_ERROR(store::CreateState(*session_, schema_, options_.file_versions));
  load_ = std::make_unique<transfer::OlderLoad>(
      *session_, schema_, options_.file_versions.schema_version, absl::ToUnixMillis(absl::Now()));
  return absl::OkStatus();
}

absl::StatusOr<RunReport> Upgrade::Migrate(const transfer::ImportTotals& totals,
                                           const Progress& progress) {
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
  ASSIGN_OR_RETURN(RunReport report, RunMigration(*session_, run, progress));
  for (transfer::Note& note : load_->Notes()) {
    report.notices.push_back(
        {note.kind, note.count, std::move(note.message), std::move(note.records)});
  }
  MIGRATION_FAILPOINT("upgrade.after_migrate", *session_);
  return report;
}

absl::StatusOr<transfer::ExportTrailer> Upgrade::Export(transfer::ExportSink& sink) {
  transfer::ExportOptions options;
  options.database = options_.database;
  options.schema = schema_;
  return transfer::ExportInTransaction(*session_, options, target_, sink);
}

}  // namespace stateserver::migrations
