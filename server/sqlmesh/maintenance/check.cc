// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/check.h"

#include <string>
#include <utility>

#include "common/text.h"
#include "server/sqlmesh/maintenance/check_environments.h"
#include "server/sqlmesh/maintenance/check_rows.h"
#include "server/sqlmesh/maintenance/check_snapshots.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::maintenance {

namespace {

class Checker {
 public:
  Checker(postgres::Session& session, const CheckOptions& options, store::Versions versions,
          const Findings::Sink& on_finding, const operations::Progress& progress)
      : session_(session),
        options_(options),
        layout_(versions.schema_version),
        findings_(on_finding),
        progress_(progress) {
    report_.versions = std::move(versions);
  }

  absl::StatusOr<CheckReport> Check() {
    progress_("Reading snapshots", 0, 0);
    SnapshotChecks snapshots(session_, options_.schema, layout_, findings_);
    RETURN_IF_ERROR(snapshots.ReadIds());
    progress_("Checking environments", 0, 0);
    EnvironmentChecks environments(session_, options_.schema, layout_, snapshots.present(),
                                   findings_);
    RETURN_IF_ERROR(environments.Check());
    progress_("Checking snapshots", 0, static_cast<int64_t>(snapshots.present().size()));
    RETURN_IF_ERROR(snapshots.Unpaused(environments.prod()));
    RETURN_IF_ERROR(snapshots.Rows(environments.used(), progress_));
    RETURN_IF_ERROR(OtherTables());
    report_.snapshots = static_cast<int64_t>(snapshots.present().size());
    report_.environments = environments.environments();
    report_.counts = findings_.counts();
    AddNotes(snapshots, environments);
    return std::move(report_);
  }

 private:
  absl::Status OtherTables() {
    progress_("Checking intervals", 0, 0);
    RETURN_IF_ERROR(CheckIntervals(session_, options_.schema, findings_));
    if (layout_.environment_statements) {
      RETURN_IF_ERROR(CheckStatements(session_, options_.schema, findings_));
    }
    if (layout_.auto_restatements) {
      RETURN_IF_ERROR(CheckAutoRestatements(session_, options_.schema, findings_));
    }
    ASSIGN_OR_RETURN(auto rows,
                     session_.Query(Cat("SELECT count(*) FROM ",
                                        store::Qualified(options_.schema, "_intervals"))));
    report_.interval_rows = rows.Int(0, 0);
    return absl::OkStatus();
  }

  void AddNotes(const SnapshotChecks& snapshots, const EnvironmentChecks& environments) {
    environments.unread_stale_lists().AppendTo(
        "stale_previous_finalized",
        "finalized environments name snapshots in previous_finalized_snapshots that no longer "
        "exist; SQLMesh reads that list only where an environment is not finalized",
        &report_.notes);
    snapshots.unused_with_missing_parents().AppendTo(
        "unused_with_missing_parents",
        "snapshots that no environment uses have parents that no longer exist; they are deleted "
        "when their time to live ends",
        &report_.notes);
    snapshots.unpaused_outside_prod().AppendTo(
        "unpaused_twice",
        "more than one snapshot is unpaused of models that prod does not have; SQLMesh leaves them "
        "so when prod drops a model that another environment keeps",
        &report_.notes);
  }

  postgres::Session& session_;
  const CheckOptions& options_;
  const store::Layout layout_;
  Findings findings_;
  const operations::Progress& progress_;
  CheckReport report_;
};

}  // namespace

absl::StatusOr<CheckReport> CheckState(postgres::Session& session, const CheckOptions& options,
                                       const Findings::Sink& on_finding,
                                       const operations::Progress& progress) {
  ASSIGN_OR_RETURN(auto tables, store::PresentTables(session, options.schema));
  if (tables.empty()) return store::NotMigrated(options.database, options.schema);
  ASSIGN_OR_RETURN(auto transaction,
                   transfer::BeginRead(session, options.schema, tables, options.lock_timeout));
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(session, options.schema));
  if (!versions.has_value()) return store::NotMigrated(options.database, options.schema);
  RETURN_IF_ERROR(store::CheckExportable(*versions));
  // What is consistent is only known for known schemas.
  RETURN_IF_ERROR(store::CheckKnownSchema(*versions));
  return Checker(session, options, *std::move(versions), on_finding, progress).Check();
}

}  // namespace stateserver::maintenance
