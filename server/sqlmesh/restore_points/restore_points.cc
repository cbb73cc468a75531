// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/restore_points.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/error.h"
#include "common/page_token.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"
#include "server/platform/postgres/dependents.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/restore_points/chunks.h"
#include "server/sqlmesh/restore_points/manifest.h"
#include "server/sqlmesh/restore_points/origin.h"
#include "server/sqlmesh/restore_points/row_fetcher.h"
#include "server/sqlmesh/store/columns.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::restore_points {

// Loads every table of the manifest with COPY. Returns STATE_CORRUPT if rows are missing.
absl::Status LoadRows(postgres::Session& session, const std::string& quoted_schema,
                      const std::vector<TableShape>& tables, const std::string& id);

namespace {

absl::StatusOr<store::Versions> VersionsOf(postgres::Session& reader, const std::string& schema) {
  ASSIGN_OR_RETURN(std::optional<store::Versions> versions, store::ReadVersions(reader, schema));
  if (versions.has_value()) return *std::move(versions);
  ASSIGN_OR_RETURN(postgres::Result database, reader.Query("SELECT current_database()"));
  return store::NotMigrated(database.Text(0, 0), schema);
}

absl::Status CopyTable(postgres::Session& reader, const std::string& schema, TableShape& table,
                       ChunkWriter& writer) {
  RETURN_IF_ERROR(writer.BeginTable(table.table));
  // A partitioned table supports no other form of COPY.
  std::string source =
      Cat("(SELECT ", table.columns, " FROM ", store::Qualified(schema, table.table), ")");
  RETURN_IF_ERROR(reader.CopyOut(source, [&](std::string_view line) {
    ++table.rows;
    return writer.Line(line);
  }));
  return writer.EndTable();
}

absl::Status CopyAll(postgres::Session& reader, const TakeOptions& options, ChunkWriter& writer,
                     std::vector<TableShape>* tables) {
  RowFetcher fetcher(reader, options.state_schema, writer);
  for (TableShape& table : *tables) {
    RETURN_IF_ERROR(options.own_session ? fetcher.Copy(&table)
                                        : CopyTable(reader, options.state_schema, table, writer));
  }
  return absl::OkStatus();
}

void Count(const std::vector<TableShape>& tables, RestorePoint* point) {
  for (const TableShape& table : tables) {
    if (table.table == "_snapshots") point->snapshots = table.rows;
    if (table.table == "_environments") point->environments = table.rows;
    if (table.table == "_intervals") point->interval_rows = table.rows;
  }
}

absl::Status Insert(postgres::Session& writer, const std::string& schema, RestorePoint* point,
                    const std::string& manifest) {
  std::string sql =
      Cat("INSERT INTO stateserver.restore_points (id, state_schema, created_ts, reason,"
          " operation_id, schema_version, sqlglot_version, sqlmesh_version, snapshots,"
          " environments, interval_rows, raw_bytes, stored_bytes, manifest) VALUES ($1::uuid, $2, ",
          operations::kNowMs,
          ", $3, $4, $5::int, $6, $7, $8::bigint, $9::bigint, $10::bigint, $11::bigint,"
          " $12::bigint, $13) RETURNING created_ts");
  ASSIGN_OR_RETURN(postgres::Result rows,
                   writer.QueryPrepared(
                       sql, {point->id, schema, point->reason, point->operation_id,
                             Cat(point->versions.schema_version), point->versions.sqlglot_version,
                             point->versions.sqlmesh_version, Cat(point->snapshots),
                             Cat(point->environments), Cat(point->interval_rows),
                             Cat(point->raw_bytes), Cat(point->stored_bytes), manifest}));
  point->created_ts = rows.Int(0, 0);
  return absl::OkStatus();
}

constexpr char kColumns[] =
    "id, created_ts, reason, operation_id, schema_version, sqlglot_version, sqlmesh_version,"
    " snapshots, environments, interval_rows, raw_bytes, stored_bytes";

RestorePoint ReadPoint(const postgres::Result& rows, size_t row) {
  RestorePoint point;
  point.id = rows.Text(row, 0);
  point.created_ts = rows.Int(row, 1);
  point.reason = rows.Text(row, 2);
  point.operation_id = rows.Text(row, 3);
  point.versions.schema_version = static_cast<int>(rows.Int(row, 4));
  point.versions.sqlglot_version = rows.Text(row, 5);
  point.versions.sqlmesh_version = rows.Text(row, 6);
  point.snapshots = rows.Int(row, 7);
  point.environments = rows.Int(row, 8);
  point.interval_rows = rows.Int(row, 9);
  point.raw_bytes = rows.Int(row, 10);
  point.stored_bytes = rows.Int(row, 11);
  return point;
}

absl::Status NotFound(const std::string& id) {
  return Error(Reason::RESTORE_POINT_NOT_FOUND, Cat("No restore point with the id '", id, "'."),
               "Name one that ListRestorePoints returns.", {{"restore_point", id}});
}

// RowCheck compares the rows received with those counted in the manifest.
class RowCheck {
 public:
  RowCheck(const std::vector<TableShape>& tables, const std::string& id) : id_(id) {
    for (const TableShape& table : tables) missing_[table.table] = table.rows;
  }
  void Count(const std::string& table) { --missing_[table]; }
  absl::Status Verify() const {
    for (const auto& [table, rows] : missing_) {
      if (rows == 0) continue;
      return Error(
          Reason::STATE_CORRUPT,
          Cat("Restore point '", id_, "' is damaged: table '", table, "' lacks ", rows, " rows"),
          "Use another restore point.", {{"restore_point", id_}, {"table", table}});
    }
    return absl::OkStatus();
  }

 private:
  const std::string& id_;
  std::map<std::string, int64_t> missing_;
};

class CallingSink final : public ChunkSink {
 public:
  CallingSink(const LineSink& sink, RowCheck& check) : sink_(sink), check_(check) {}
  absl::Status BeginChunk(const std::string& table) override {
    table_ = table;
    return absl::OkStatus();
  }
  absl::Status Line(std::string_view line) override {
    check_.Count(table_);
    return sink_(table_, line);
  }
  absl::Status EndChunk() override { return absl::OkStatus(); }

 private:
  const LineSink& sink_;
  RowCheck& check_;
  std::string table_;
};

// CopyingSink uses one COPY per chunk, because the next chunk arrives over the same session.
class CopyingSink final : public ChunkSink {
 public:
  CopyingSink(postgres::Session& session, std::string schema, const std::vector<TableShape>& tables,
              RowCheck& check)
      : session_(session), schema_(std::move(schema)), check_(check) {
    for (const TableShape& table : tables) columns_[table.table] = table.columns;
  }

  absl::Status BeginChunk(const std::string& table) override {
    table_ = table;
    ASSIGN_OR_RETURN(copy_, session_.StartCopyIn(Cat(schema_, ".", postgres::QuoteName(table), " (",
                                                     columns_[table], ")")));
    return absl::OkStatus();
  }
  absl::Status Line(std::string_view line) override {
    check_.Count(table_);
    line_.assign(line);
    return copy_->Line(line_);
  }
  absl::Status EndChunk() override {
    absl::Status status = copy_->Finish();
    copy_.reset();
    return status;
  }

 private:
  postgres::Session& session_;
  const std::string schema_;  // quoted
  RowCheck& check_;
  std::map<std::string, std::string> columns_;
  std::string table_;
  std::unique_ptr<postgres::CopyIn> copy_;
  std::string line_;
};

struct Plan {
  std::vector<TableShape> held;
  std::vector<std::string> drop;    // tables
  std::vector<std::string> create;  // tables
  std::vector<ColumnDifference> change;

  bool Creates(const std::string& table) const {
    return std::find(create.begin(), create.end(), table) != create.end();
  }
};

absl::StatusOr<Plan> MakePlan(postgres::Session& session, const std::string& schema,
                              const std::string& id) {
  Plan plan;
  ASSIGN_OR_RETURN(plan.held, ManifestTables(session, id));
  std::set<std::string> held_names, live_names;
  for (const TableShape& table : plan.held) held_names.insert(table.table);
  ASSIGN_OR_RETURN(std::vector<TableShape> live,
                   LiveTables(session, schema, {held_names.begin(), held_names.end()}));
  for (const TableShape& table : live) {
    live_names.insert(table.table);
    if (!held_names.contains(table.table)) plan.drop.push_back(table.table);
  }
  for (const std::string& name : held_names) {
    if (!live_names.contains(name)) plan.create.push_back(name);
  }
  ASSIGN_OR_RETURN(std::vector<ColumnDifference> all, ManifestDifferences(session, id, schema));
  for (ColumnDifference& difference : all) {
    bool in_both = held_names.contains(difference.table) && live_names.contains(difference.table);
    if (in_both) plan.change.push_back(std::move(difference));
  }
  return plan;
}

absl::Status CheckPlan(postgres::Session& session, const std::string& schema, const std::string& id,
                       const Plan& plan) {
  std::map<std::string, std::vector<std::string>> columns;
  for (const ColumnDifference& change : plan.change) {
    if (change.in_key) {
      return Error(
          Reason::RESTORE_POINT_INCOMPATIBLE,
          Cat("Restore point '", id, "' does not fit: key column ", change.column, " of ",
              change.table, " is ", change.live_type.empty() ? "missing" : change.live_type,
              " now instead of ", change.held_type),
          "Restore the column's type, or export the restore point.",
          {{"restore_point", id}, {"table", change.table}, {"column", change.column}});
    }
    if (!change.live_type.empty()) columns[change.table].push_back(change.column);
  }
  std::vector<postgres::Dropped> dropped;
  for (const std::string& table : plan.drop) dropped.push_back({table, {}});
  for (auto& [table, names] : columns) dropped.push_back({table, std::move(names)});
  return postgres::RefuseDependents(session, schema, dropped,
                                    "The restore would drop tables or columns");
}

// The tables are empty at this point.
std::string ReshapeSql(const std::string& schema, const Plan& plan) {
  std::string sql;
  for (const std::string& table : plan.drop) {
    AppendTo(&sql, "DROP TABLE ", store::Qualified(schema, table), ";");
  }
  for (const ColumnDifference& change : plan.change) {
    std::string alter = Cat("ALTER TABLE ", store::Qualified(schema, change.table));
    std::string column = postgres::QuoteName(change.column);
    if (!change.live_type.empty()) AppendTo(&sql, alter, " DROP COLUMN ", column, ";");
    if (change.held_type.empty()) continue;
    AppendTo(&sql, alter, " ADD COLUMN ", column, " ", change.held_type,
             change.not_null ? " NOT NULL;" : ";");
  }
  for (const TableShape& table : plan.held) {
    if (!plan.Creates(table.table)) continue;
    AppendTo(&sql, "CREATE TABLE ", store::Qualified(schema, table.table), " (", table.definitions);
    if (!table.primary_key.empty()) AppendTo(&sql, ", PRIMARY KEY (", table.primary_key, ")");
    sql += ");";
  }
  return sql;
}

absl::Status EmptyTables(postgres::Session& session, const std::string& schema, const Plan& plan) {
  for (const TableShape& table : plan.held) {
    if (plan.Creates(table.table)) continue;
    RETURN_IF_ERROR(session.Execute(Cat("DELETE FROM ", store::Qualified(schema, table.table))));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RestorePoint> TakeRestorePoint(postgres::Session& writer, postgres::Pool& pool,
                                              const CallContext& context,
                                              const TakeOptions& options) {
  std::unique_ptr<postgres::Session> second;
  if (!options.own_session) {
    ASSIGN_OR_RETURN(second, pool.Acquire(context));
    RETURN_IF_ERROR(second->Begin(postgres::Isolation::kRepeatableReadReadOnly));
  }
  postgres::Session& reader = options.own_session ? writer : *second;
  RestorePoint point;
  point.id = NewUuid();
  point.reason = options.reason;
  point.operation_id = options.operation_id;
  ASSIGN_OR_RETURN(point.versions, VersionsOf(reader, options.state_schema));
  std::vector<std::string> more;
  if (store::IsNewerSchema(point.versions)) {
    ASSIGN_OR_RETURN(more, store::AdditionalTables(reader, options.state_schema));
  }
  ASSIGN_OR_RETURN(std::vector<TableShape> tables, LiveTables(reader, options.state_schema, more));
  ChunkWriter chunks(writer, point.id);
  RETURN_IF_ERROR(CopyAll(reader, options, chunks, &tables));
  point.raw_bytes = chunks.raw_bytes();
  point.stored_bytes = chunks.stored_bytes();
  Count(tables, &point);
  ASSIGN_OR_RETURN(Origin origin, FindOrigin(reader, options.state_schema, point.versions));
  std::string origin_after;
  if (!options.restores.empty()) {
    ASSIGN_OR_RETURN(origin_after, OriginOfRestorePoint(reader, options.restores));
  }
  RETURN_IF_ERROR(Insert(writer, options.state_schema, &point,
                         ManifestJson(tables, origin.transaction, origin_after)));
  return point;
}

absl::StatusOr<std::vector<RestorePoint>> ListRestorePoints(postgres::Session& session,
                                                            const std::string& state_schema,
                                                            const std::string& page_token) {
  std::vector<RestorePoint> points;
  ASSIGN_OR_RETURN(TimePosition after, ParseTimeToken(page_token));
  ASSIGN_OR_RETURN(bool exists, operations::SchemaExists(session));
  if (!exists) return points;
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared(Cat("SELECT ", kColumns,
                                             " FROM stateserver.restore_points"
                                             " WHERE state_schema = $1"
                                             " AND (created_ts, id) < ($2::bigint, $3::uuid)"
                                             " ORDER BY created_ts DESC, id DESC"),
                                         {state_schema, after.ts, after.id}));
  for (size_t row = 0; row < rows.rows(); ++row) points.push_back(ReadPoint(rows, row));
  return points;
}

std::string PageTokenAfter(const RestorePoint& last) { return TimeToken(last.created_ts, last.id); }

absl::StatusOr<RestorePoint> GetRestorePoint(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id) {
  ASSIGN_OR_RETURN(std::string uuid, operations::CanonicalUuid(id, "Restore point id"));
  ASSIGN_OR_RETURN(bool exists, operations::SchemaExists(session));
  if (!exists) return NotFound(uuid);
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared(Cat("SELECT ", kColumns,
                                             " FROM stateserver.restore_points"
                                             " WHERE state_schema = $1 AND id = $2::uuid"),
                                         {state_schema, uuid}));
  if (rows.rows() == 0) return NotFound(uuid);
  return ReadPoint(rows, 0);
}

absl::StatusOr<std::vector<std::string>> Prune(postgres::Pool& pool, const CallContext& context,
                                               const std::string& state_schema, int keep,
                                               absl::Duration max_age) {
  ASSIGN_OR_RETURN(std::unique_ptr<postgres::Session> session, pool.Acquire(context));
  std::vector<std::string> removed;
  ASSIGN_OR_RETURN(bool exists, operations::SchemaExists(*session));
  if (!exists) return removed;
  std::string sql = Cat(
      "WITH ranked AS (SELECT id, row_number() OVER (ORDER BY created_ts DESC, id DESC) AS place"
      " FROM stateserver.restore_points WHERE state_schema = $1)"
      " DELETE FROM stateserver.restore_points p USING ranked r"
      " WHERE p.id = r.id AND r.place > 1"
      " AND (r.place > $2::int OR p.created_ts::numeric < ",
      operations::kNowMs, " - $3::numeric) RETURNING p.id");
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session->QueryPrepared(
                       sql, {state_schema, Cat(keep), Cat(absl::ToInt64Milliseconds(max_age))}));
  for (size_t row = 0; row < rows.rows(); ++row) removed.emplace_back(rows.Text(row, 0));
  return removed;
}

absl::Status LoadRows(postgres::Session& session, const std::string& quoted_schema,
                      const std::vector<TableShape>& tables, const std::string& id) {
  RowCheck check(tables, id);
  CopyingSink sink(session, quoted_schema, tables, check);
  RETURN_IF_ERROR(ChunkReader(session, id).ReadAll(sink));
  return check.Verify();
}

absl::Status Load(postgres::Session& session, const std::string& state_schema,
                  const std::string& id, const LineSink& sink) {
  ASSIGN_OR_RETURN(RestorePoint point, GetRestorePoint(session, state_schema, id));
  ASSIGN_OR_RETURN(std::vector<TableShape> tables, ManifestTables(session, point.id));
  RowCheck check(tables, point.id);
  CallingSink calling(sink, check);
  RETURN_IF_ERROR(ChunkReader(session, point.id).ReadAll(calling));
  return check.Verify();
}

absl::Status LoadIntoTemp(postgres::Session& session, const std::string& state_schema,
                          const std::string& id) {
  ASSIGN_OR_RETURN(RestorePoint point, GetRestorePoint(session, state_schema, id));
  ASSIGN_OR_RETURN(std::vector<TableShape> tables, ManifestTables(session, point.id));
  std::string create;
  for (const TableShape& table : tables) {
    AppendTo(&create, "CREATE TEMPORARY TABLE ", postgres::QuoteName(table.table), " (",
             table.definitions, ") ON COMMIT DROP;");
  }
  RETURN_IF_ERROR(session.Execute(create));
  RETURN_IF_ERROR(LoadRows(session, "pg_temp", tables, point.id));
  // Temporary tables get statistics only by an explicit ANALYZE.
  for (const TableShape& table : tables) {
    RETURN_IF_ERROR(session.Execute(Cat("ANALYZE pg_temp.", postgres::QuoteName(table.table))));
  }
  return absl::OkStatus();
}

absl::Status CheckRestorable(postgres::Session& session, const std::string& state_schema,
                             const std::string& id) {
  ASSIGN_OR_RETURN(RestorePoint point, GetRestorePoint(session, state_schema, id));
  ASSIGN_OR_RETURN(Plan plan, MakePlan(session, state_schema, point.id));
  return CheckPlan(session, state_schema, point.id, plan);
}

absl::StatusOr<std::vector<std::string>> TablesOfRestore(postgres::Session& session,
                                                         const std::string& id) {
  std::vector<std::string> tables = store::StateTables();
  ASSIGN_OR_RETURN(std::vector<TableShape> held, ManifestTables(session, id));
  for (TableShape& table : held) {
    if (std::find(tables.begin(), tables.end(), table.table) == tables.end()) {
      tables.push_back(std::move(table.table));
    }
  }
  return tables;
}

absl::StatusOr<bool> KeepsShape(postgres::Session& session, const std::string& state_schema,
                                const std::string& id) {
  ASSIGN_OR_RETURN(Plan plan, MakePlan(session, state_schema, id));
  return plan.drop.empty() && plan.create.empty() && plan.change.empty();
}

absl::Status Restore(postgres::Session& session, const std::string& state_schema,
                     const std::string& id) {
  ASSIGN_OR_RETURN(RestorePoint point, GetRestorePoint(session, state_schema, id));
  ASSIGN_OR_RETURN(Plan plan, MakePlan(session, state_schema, point.id));
  RETURN_IF_ERROR(CheckPlan(session, state_schema, point.id, plan));
  RETURN_IF_ERROR(EmptyTables(session, state_schema, plan));
  std::string reshape = ReshapeSql(state_schema, plan);
  if (!reshape.empty()) RETURN_IF_ERROR(session.Execute(reshape));
  RETURN_IF_ERROR(LoadRows(session, postgres::QuoteName(state_schema), plan.held, point.id));
  ASSIGN_OR_RETURN(std::vector<std::string> indexes,
                   MissingIndexes(session, point.id, state_schema));
  for (const std::string& index : indexes) RETURN_IF_ERROR(session.Execute(index));
  return absl::OkStatus();
}

}  // namespace stateserver::restore_points
