// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/expired.h"

#include <simdjson.h>

#include <algorithm>

#include "common/error.h"
#include "common/failpoint.h"
#include "common/json/text.h"
#include "common/text.h"
#include "common/time.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/sqlmesh/maintenance/compact.h"
#include "server/sqlmesh/maintenance/physical_names.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/state_scan.h"
#include "server/sqlmesh/transfer/state_token.h"

namespace stateserver::maintenance {

namespace {

constexpr size_t kTablesOnRecord = 1000;

using postgres::CopyLine;
using simdjson::dom::element;

constexpr size_t kSnapshotsPerQuery = 200;

// Reads the text at `key`, or leaves `text` unchanged.
void ReadText(element object, std::string_view key, std::string_view* text) {
  std::string_view value;
  if (object[key].get(value) == simdjson::SUCCESS) *text = value;
}

bool HasTables(std::string_view kind) {
  return !kind.empty() && kind != "EMBEDDED" && kind != "EXTERNAL";
}

class TableReader {
 public:
  TableReader(postgres::Session& session, const std::string& schema)
      : session_(session), schema_(schema) {}

  absl::Status Add(const std::vector<const ExpiredSnapshot*>& snapshots) {
    std::string values;
    for (size_t i = 0; i < snapshots.size(); ++i) {
      AppendTo(&values, i == 0 ? "(" : ",(", i, ",", postgres::QuoteLiteral(snapshots[i]->name),
               ",", postgres::QuoteLiteral(snapshots[i]->identifier), ")");
    }
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_.Query(Cat("SELECT w.place, s.snapshot FROM (VALUES ", values,
                                        ") w (place, name, identifier) JOIN ",
                                        store::Qualified(schema_, "_snapshots"),
                                        " s ON s.name = w.name AND s.identifier = w.identifier "
                                        "ORDER BY w.place")));
    for (size_t row = 0; row < rows.rows(); ++row) {
      RETURN_IF_ERROR(AddOne(*snapshots[rows.Int(row, 0)], rows.Text(row, 1)));
    }
    return absl::OkStatus();
  }

  std::vector<PhysicalTable> Take() { return std::move(tables_); }

 private:
  absl::Status AddOne(const ExpiredSnapshot& snapshot, std::string_view json) {
    element root;
    element node;
    absl::Status parsed =
        state::ParseDocument(&parser_, json, Reason::STATE_CORRUPT,
                             Cat("Snapshot ", snapshot.name, " ", snapshot.identifier), &root);
    if (!parsed.ok()) return WithFact(parsed, "record", snapshot.name);
    TableNaming naming;
    naming.name = snapshot.name;
    ReadText(root, "base_table_name_override", &naming.base_table_name_override);
    ReadText(root, "dev_table_suffix", &naming.dev_table_suffix);
    ReadText(root, "table_naming_convention", &naming.convention);
    std::string_view gateway;
    std::string_view physical_schema;
    if (root["node"].get(node) == simdjson::SUCCESS) {
      std::string_view mode;
      ReadText(node, "virtual_environment_mode", &mode);
      naming.dev_only = mode == "dev_only";
      ReadText(node, "gateway", &gateway);
      ReadText(node, "physical_schema_override", &physical_schema);
    }
    ReadText(root, "physical_schema", &physical_schema);
    naming.physical_schema = physical_schema.empty() ? DefaultPhysicalSchema(snapshot.name)
                                                     : std::string(physical_schema);
    RETURN_IF_ERROR(AddTable(snapshot, naming, gateway, /*is_dev=*/true));
    if (snapshot.dev_table_only) return absl::OkStatus();
    return AddTable(snapshot, naming, gateway, /*is_dev=*/false);
  }

  absl::Status AddTable(const ExpiredSnapshot& snapshot, const TableNaming& naming,
                        std::string_view gateway, bool is_dev) {
    auto md5 = [this](const std::string& text) -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(auto digest, session_.Query("SELECT md5($1)", {text}));
      return std::string(digest.Text(0, 0));
    };
    PhysicalTable& table = tables_.emplace_back();
    ASSIGN_OR_RETURN(
        table.table,
        PhysicalTableName(naming, is_dev ? snapshot.dev_version : snapshot.version, is_dev, md5));
    table.snapshot_name = snapshot.name;
    table.snapshot_identifier = snapshot.identifier;
    table.is_dev = is_dev;
    table.model_gateway = gateway;
    return absl::OkStatus();
  }

  postgres::Session& session_;
  const std::string& schema_;
  simdjson::dom::parser parser_;
  std::vector<PhysicalTable> tables_;
};

using postgres::Result;

constexpr int64_t kSnapshotsPerBatch = 1000;

class Deletion {
 public:
  Deletion(postgres::Session& session, const std::string& schema, const ExpiredPlan& plan,
           bool scoped, const operations::Progress& progress)
      : session_(session), schema_(schema), plan_(plan), scoped_(scoped), progress_(progress) {}

  absl::StatusOr<DeletedRows> Delete() {
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
    postgres::RowBuffer rows(session_, "pg_temp.expired_environments (name)");
    for (const ExpiredEnvironment& each : plan_.environments) {
      RETURN_IF_ERROR(rows.Add(CopyLine().Text(each.name)));
    }
    return rows.Flush();
  }

  absl::Status StageSnapshots() {
    postgres::RowBuffer rows(session_, "pg_temp.expired_snapshots (batch, name, identifier)");
    int64_t place = 0;
    for (const ExpiredSnapshot& each : plan_.snapshots) {
      int64_t batch = place++ / kSnapshotsPerBatch;
      RETURN_IF_ERROR(rows.Add(CopyLine().Int(batch).Text(each.name).Text(each.identifier)));
    }
    return rows.Flush();
  }

  // For a dev_version, only the rows of the development table are deleted.
  absl::Status StageTables() {
    postgres::RowBuffer rows(session_, "pg_temp.expired_tables (name, version, dev_version)");
    for (const ExpiredSnapshot& each : plan_.snapshots) {
      if (!each.cleans_up) continue;
      CopyLine line;
      line.Text(each.name).Text(each.version);
      each.dev_table_only ? line.Text(each.dev_version) : line.Null();
      RETURN_IF_ERROR(rows.Add(line));
    }
    return rows.Flush();
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

  // Rows computed for a version that is still in use are kept, without the snapshot's name and
  // marked for compaction.
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
  const operations::Progress& progress_;
  DeletedRows deleted_;
};

}  // namespace

ExpiredSummary Summarize(const ExpiredPlan& plan) {
  ExpiredSummary summary;
  summary.environments = static_cast<int64_t>(plan.environments.size());
  summary.snapshots = static_cast<int64_t>(plan.snapshots.size());
  summary.tables = static_cast<int64_t>(plan.tables.size());
  summary.kept_by_ttl = plan.kept_by_ttl;
  summary.now_ts = plan.now_ms;
  if (plan.environment_lives) {
    summary.notes.push_back({"environment_not_expired",
                             1,
                             plan.environment_expires_ms == 0
                                 ? "the environment never expires"
                                 : Cat("the environment has not expired yet: it expires at ",
                                       FormatTimestamp(plan.environment_expires_ms)),
                             {plan.environment}});
  }
  return summary;
}

absl::StatusOr<ExpiredPlan> FindExpired(postgres::Pool& pool, const CallContext& context,
                                        const ExpiredOptions& options) {
  const restore_points::StateChangeOptions& change = options.change;
  ASSIGN_OR_RETURN(auto session, pool.Acquire(context));
  RETURN_IF_ERROR(
      restore_points::CurrentVersions(*session, change.database, change.schema).status());
  ASSIGN_OR_RETURN(
      auto transaction,
      transfer::BeginRead(*session, change.schema, store::StateTables(), change.lock_timeout));
  return PlanExpired(*session, change.schema, options.environment);
}

absl::StatusOr<operations::Outcome<DeleteExpiredResult>> DeleteExpired(
    postgres::Pool& pool, const CallContext& context, const ExpiredOptions& options,
    const operations::Progress& progress, const std::function<void(const ExpiredPlan&)>& on_plan) {
  const restore_points::StateChangeOptions& change_options = options.change;
  const std::string& schema = change_options.schema;
  auto check = [&](postgres::Session& session) {
    return restore_points::CurrentVersions(session, change_options.database, schema).status();
  };
  restore_points::StateRestorePoints points(pool, context, change_options);
  auto work = [&](operations::Change& change, DeleteExpiredResult* result) -> absl::Status {
    postgres::Session& session = change.session();
    ASSIGN_OR_RETURN(
        store::Versions versions,
        restore_points::BeginStateChange(change, pool, context, change_options, progress));
    RETURN_IF_ERROR(
        transfer::CheckStateToken(session, schema, versions, options.if_unchanged_since));
    progress("Looking for expired state", 0, 0);
    ASSIGN_OR_RETURN(ExpiredPlan plan, PlanExpired(session, schema, options.environment));
    on_plan(plan);
    result->expired = Summarize(plan);
    for (size_t i = 0; i < std::min(plan.tables.size(), kTablesOnRecord); ++i) {
      result->tables.push_back(plan.tables[i].table);
    }
    if (plan.empty()) return absl::OkStatus();
    progress("Taking a restore point", 0, 0);
    RETURN_IF_ERROR(change.TakeRestorePoint(points));
    ASSIGN_OR_RETURN(result->deleted, DeleteExpiredRows(session, schema, plan,
                                                        !options.environment.empty(), progress));
    return absl::OkStatus();
  };
  std::string arguments =
      Cat(R"({"environment":)", json::Quoted(options.environment), R"(,"if_unchanged_since":)",
          json::Quoted(options.if_unchanged_since), "}");
  return operations::RunChange<DeleteExpiredResult>(
      pool, context, restore_points::ChangeRequestOf(change_options, "expired --delete", arguments),
      check, work);
}

absl::StatusOr<std::vector<PhysicalTable>> ExpiredTables(
    postgres::Session& session, const std::string& schema,
    const std::vector<ExpiredSnapshot>& snapshots) {
  TableReader reader(session, schema);
  std::vector<const ExpiredSnapshot*> some;
  for (const ExpiredSnapshot& snapshot : snapshots) {
    if (!snapshot.cleans_up || !HasTables(snapshot.kind)) continue;
    some.push_back(&snapshot);
    if (some.size() < kSnapshotsPerQuery) continue;
    RETURN_IF_ERROR(reader.Add(some));
    some.clear();
  }
  if (!some.empty()) RETURN_IF_ERROR(reader.Add(some));
  return reader.Take();
}

absl::StatusOr<DeletedRows> DeleteExpiredRows(postgres::Session& session, const std::string& schema,
                                              const ExpiredPlan& plan, bool scoped,
                                              const operations::Progress& progress) {
  return Deletion(session, schema, plan, scoped, progress).Delete();
}

}  // namespace stateserver::maintenance
