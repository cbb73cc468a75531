// Taking a restore point.
#include <optional>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/operations/chunks.h"
#include "server/operations/manifest.h"
#include "server/operations/restore_points.h"
#include "server/operations/rows.h"
#include "server/store/versions.h"

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
  std::string source = Cat(store::Qualified(schema, table.table), " (", table.columns, ")");
  RETURN_IF_ERROR(reader.CopyOut(source, [&](std::string_view line) {
    ++table.rows;
    return writer.Line(line);
  }));
  return writer.EndTable();
}

// The same with one session for both: a COPY would not let the chunks pass.
class FetchingCopier {
 public:
  FetchingCopier(postgres::Session& session, const std::string& schema, ChunkWriter& writer)
      : session_(session), schema_(schema), writer_(writer) {}

  absl::Status Copy(TableShape& table) {
    RETURN_IF_ERROR(writer_.BeginTable(table.table));
    RETURN_IF_ERROR(
        session_.Execute(Cat("DECLARE stateserver_rows NO SCROLL CURSOR FOR SELECT ", table.columns,
                             " FROM ", store::Qualified(schema_, table.table))));
    int64_t wanted = 1;
    while (true) {
      ASSIGN_OR_RETURN(size_t bytes, Fetch(wanted, &table));
      if (fetched_ < wanted) break;
      if (bytes < kSmallFetch && wanted < kFetchRows) wanted *= 2;
      if (bytes > kLargeFetch && wanted > 1) wanted /= 2;
    }
    RETURN_IF_ERROR(session_.Execute("CLOSE stateserver_rows"));
    return writer_.EndTable();
  }

 private:
  static constexpr size_t kSmallFetch = 1 << 20;
  static constexpr size_t kLargeFetch = 4 << 20;
  static constexpr int64_t kFetchRows = 1024;

  absl::StatusOr<size_t> Fetch(int64_t wanted, TableShape* table) {
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_.Query(Cat("FETCH FORWARD ", wanted, " FROM stateserver_rows")));
    fetched_ = static_cast<int64_t>(rows.rows());
    table->rows += fetched_;
    size_t bytes = 0;
    for (size_t row = 0; row < rows.rows(); ++row) {
      line_.clear();
      for (size_t column = 0; column < table->column_count; ++column) {
        if (column > 0) line_.push_back('\t');
        std::optional<std::string_view> value = rows.OptionalText(row, column);
        value.has_value() ? postgres::AppendCopyField(*value, &line_)
                          : postgres::AppendCopyNull(&line_);
      }
      bytes += line_.size();
      RETURN_IF_ERROR(writer_.Line(line_));
    }
    return bytes;
  }

  postgres::Session& session_;
  const std::string& schema_;
  ChunkWriter& writer_;
  int64_t fetched_ = 0;
  std::string line_;
};

absl::Status CopyAll(postgres::Session& reader, const TakeOptions& options, ChunkWriter& writer,
                     std::vector<TableShape>* tables) {
  FetchingCopier fetching(reader, options.state_schema, writer);
  for (TableShape& table : *tables) {
    RETURN_IF_ERROR(options.own_session ? fetching.Copy(table)
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
