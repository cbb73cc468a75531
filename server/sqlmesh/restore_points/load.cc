// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/load.h"

#include <map>
#include <memory>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/restore_points/chunks.h"
#include "server/sqlmesh/restore_points/manifest.h"
#include "server/sqlmesh/restore_points/restore_points.h"

namespace stateserver::operations {
namespace {

// Compares the rows that came with those the manifest counted.
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
          Cat("restore point ", id_, " is damaged: table ", table, " lacks ", rows, " rows"),
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

// One COPY per chunk, since the next chunk comes over the same session.
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

}  // namespace

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
  // Nothing else gathers statistics of temporary tables.
  for (const TableShape& table : tables) {
    RETURN_IF_ERROR(session.Execute(Cat("ANALYZE pg_temp.", postgres::QuoteName(table.table))));
  }
  return absl::OkStatus();
}

}  // namespace stateserver::operations
