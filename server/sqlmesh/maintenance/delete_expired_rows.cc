// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/delete_expired_rows.h"

#include "common/error.h"
#include "common/failpoint.h"
#include "common/text.h"
#include "server/sqlmesh/maintenance/interval_compaction.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::maintenance {
namespace {

using postgres::Result;

constexpr int64_t kSnapshotsPerBatch = 1000;

class Deletion {
 public:
  Deletion(postgres::Session& session, const std::string& schema, const ExpiredPlan& plan,
           bool scoped, const Progress& progress)
      : session_(session), schema_(schema), plan_(plan), scoped_(scoped), progress_(progress) {}

  absl::StatusOr<DeletedRows> Run() {
    RETURN_IF_ERROR(Stage());
    RETURN_IF_ERROR(DeleteEnvironments());
    RETURN_IF_ERROR(DeleteSnapshots());
    RETURN_IF_ERROR(Compact());
    RETURN_IF_ERROR(DeleteIntervals());
    RETURN_IF_ERROR(ReleaseIntervals());
    RETURN_IF_ERROR(Compact());
    RETURN_IF_ERROR(Count(Cat("DELETE FROM ", Table("_auto_restatements"),
                              " a USING pg_temp.expired_tables v WHERE v.dev_version IS NULL AND "
                              "a.snapshot_name = v.name AND a.snapshot_version = v.version"),
                          &deleted_.auto_restatements));
    return deleted_;
  }

 private:
  std::string Table(std::string_view name) const { return store::Qualified(schema_, name); }

  absl::Status Count(const std::string& sql, int64_t* rows) {
    ASSIGN_OR_RETURN(Result result, session_.Query(sql));
    *rows += result.affected_rows();
    return absl::OkStatus();
  }

  absl::Status Stage() {
    RETURN_IF_ERROR(session_.Execute(
        "CREATE TEMPORARY TABLE expired_environments (name text) ON COMMIT DROP; "
        "CREATE TEMPORARY TABLE expired_snapshots (batch bigint, name text, identifier text) "
        "ON COMMIT DROP; "
        "CREATE TEMPORARY TABLE expired_tables (name text, version text, dev_version text) "
        "ON COMMIT DROP"));
    RETURN_IF_ERROR(StageEnvironments());
    RETURN_IF_ERROR(StageSnapshots());
    RETURN_IF_ERROR(StageTables());
    return session_.Execute(
        "ANALYZE pg_temp.expired_environments; ANALYZE pg_temp.expired_snapshots; "
        "ANALYZE pg_temp.expired_tables");
  }

  absl::Status StageEnvironments() {
    ASSIGN_OR_RETURN(auto copy, session_.StartCopyIn("pg_temp.expired_environments (name)"));
    for (const ExpiredEnvironment& each : plan_.environments) {
      std::string line;
      postgres::AppendCopyField(each.name, &line);
      RETURN_IF_ERROR(copy->Line(line));
    }
    return copy->Finish();
  }

  absl::Status StageSnapshots() {
    ASSIGN_OR_RETURN(auto copy,
                     session_.StartCopyIn("pg_temp.expired_snapshots (batch, name, identifier)"));
    int64_t place = 0;
    for (const ExpiredSnapshot& each : plan_.snapshots) {
      std::string line = Cat(place++ / kSnapshotsPerBatch, '\t');
      postgres::AppendCopyField(each.name, &line);
      line.push_back('\t');
      postgres::AppendCopyField(each.identifier, &line);
      RETURN_IF_ERROR(copy->Line(line));
    }
    return copy->Finish();
  }

  // A dev_version: only the rows of the development table go.
  absl::Status StageTables() {
    ASSIGN_OR_RETURN(auto copy,
                     session_.StartCopyIn("pg_temp.expired_tables (name, version, dev_version)"));
    for (const ExpiredSnapshot& each : plan_.snapshots) {
      if (!each.cleans_up) continue;
      std::string line;
      postgres::AppendCopyField(each.name, &line);
      line.push_back('\t');
      postgres::AppendCopyField(each.version, &line);
      line.push_back('\t');
      if (each.dev_table_only) {
        postgres::AppendCopyField(each.dev_version, &line);
      } else {
        postgres::AppendCopyNull(&line);
      }
      RETURN_IF_ERROR(copy->Line(line));
    }
    return copy->Finish();
  }

  absl::Status DeleteEnvironments() {
    progress_("Deleting environments", 0, static_cast<int64_t>(plan_.environments.size()));
    RETURN_IF_ERROR(Count(Cat("DELETE FROM ", Table("_environments"),
                              " e USING pg_temp.expired_environments x WHERE e.name = x.name"),
                          &deleted_.environments));
    return Count(Cat("DELETE FROM ", Table("_environment_statements"),
                     " e USING pg_temp.expired_environments x WHERE e.environment_name = x.name"),
                 &deleted_.statements);
  }

  absl::Status DeleteSnapshots() {
    int64_t total = static_cast<int64_t>(plan_.snapshots.size());
    for (int64_t batch = 0; batch * kSnapshotsPerBatch < total; ++batch) {
      progress_("Deleting snapshots", batch * kSnapshotsPerBatch, total);
      RETURN_IF_ERROR(Count(Cat("DELETE FROM ", Table("_snapshots"),
                                " s USING pg_temp.expired_snapshots x WHERE s.name = x.name AND "
                                "s.identifier = x.identifier AND x.batch = ",
                                batch),
                            &deleted_.snapshots));
      FAILPOINT("expired.mid");
    }
    return absl::OkStatus();
  }

  absl::Status Compact() {
    CompactionScope scope;
    if (scoped_) scope.where = "t.name IN (SELECT x.name FROM pg_temp.expired_snapshots x)";
    return CompactIntervals(
               session_, schema_, scope,
               [&](int64_t done, int64_t total) { progress_("Compacting intervals", done, total); })
        .status();
  }

  absl::Status DeleteIntervals() {
    RETURN_IF_ERROR(Count(Cat("DELETE FROM ", Table("_intervals"),
                              " t USING pg_temp.expired_tables v WHERE v.dev_version IS NULL AND "
                              "t.name = v.name AND t.version = v.version"),
                          &deleted_.interval_rows_deleted));
    return Count(Cat("DELETE FROM ", Table("_intervals"),
                     " t USING pg_temp.expired_tables v WHERE t.is_dev AND t.name = v.name AND "
                     "t.dev_version = v.dev_version"),
                 &deleted_.interval_rows_deleted);
  }

  // What was computed for a version that others still use stays, without the
  // snapshot's name and marked to be compacted.
  absl::Status ReleaseIntervals() {
    return Count(Cat("UPDATE ", Table("_intervals"),
                     " t SET identifier = NULL, is_compacted = false, dev_version = CASE WHEN "
                     "t.is_dev THEN t.dev_version END FROM pg_temp.expired_snapshots x WHERE "
                     "t.name = x.name AND t.identifier = x.identifier"),
                 &deleted_.interval_rows_released);
  }

  postgres::Session& session_;
  const std::string& schema_;
  const ExpiredPlan& plan_;
  const bool scoped_;
  const Progress& progress_;
  DeletedRows deleted_;
};

}  // namespace

absl::StatusOr<DeletedRows> DeleteExpiredRows(postgres::Session& session, const std::string& schema,
                                              const ExpiredPlan& plan, bool scoped,
                                              const Progress& progress) {
  return Deletion(session, schema, plan, scoped, progress).Run();
}

}  // namespace stateserver::maintenance
