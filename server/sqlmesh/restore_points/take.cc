// SPDX-License-Identifier: Apache-2.0
//
// Taking a restore point.
#include <optional>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/operations/rows.h"
#include "server/sqlmesh/restore_points/chunks.h"
#include "server/sqlmesh/restore_points/manifest.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/restore_points/row_fetcher.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::operations {
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
  // A partitioned table has no other form of COPY.
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
          kNowMs,
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

}  // namespace

absl::StatusOr<RestorePoint> Take(postgres::Session& writer, postgres::Pool& pool,
                                  const CallContext& context, const TakeOptions& options) {
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
  ASSIGN_OR_RETURN(std::vector<TableShape> tables, LiveTables(reader, options.state_schema));
  ChunkWriter chunks(writer, point.id);
  RETURN_IF_ERROR(CopyAll(reader, options, chunks, &tables));
  point.raw_bytes = chunks.raw_bytes();
  point.stored_bytes = chunks.stored_bytes();
  Count(tables, &point);
  RETURN_IF_ERROR(Insert(writer, options.state_schema, &point, ManifestJson(tables)));
  return point;
}

}  // namespace stateserver::operations
