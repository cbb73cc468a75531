// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/environments.h"

#include <algorithm>
#include <set>

#include "common/error.h"
#include "common/json/path_splitter.h"
#include "common/text.h"
#include "server/sqlmesh/records/environment_name.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

namespace {

std::optional<std::string> Owned(std::optional<std::string_view> text) {
  if (!text.has_value()) return std::nullopt;
  return std::string(*text);
}

std::optional<bool> OptionalBool(const postgres::Result& rows, size_t row, size_t column) {
  if (rows.IsNull(row, column)) return std::nullopt;
  return rows.Bool(row, column);
}

std::string EnvironmentsSql(std::string_view schema, const Layout& layout) {
  std::string sql =
      "SELECT e.name, e.start_at, e.end_at, e.plan_id, e.previous_plan_id, e.expiration_ts, "
      "e.finalized_ts, e.promoted_snapshot_ids, e.suffix_target, e.catalog_name_override, "
      "e.normalize_name, ";
  AppendTo(&sql, layout.environment_gateway_managed ? "e.gateway_managed" : "NULL::boolean",
           ", e.requirements, ",
           layout.environment_statements ? "s.environment_statements, s.plan_id"
                                         : "NULL::text, NULL::text",
           ", octet_length(e.snapshots), octet_length(e.previous_finalized_snapshots) FROM ",
           Qualified(schema, "_environments"), " e");
  if (layout.environment_statements) {
    AppendTo(&sql, " LEFT JOIN ", Qualified(schema, "_environment_statements"),
             " s ON s.environment_name = e.name");
  }
  return sql + " ORDER BY e.name COLLATE \"C\"";
}

EnvironmentRow ToRow(const postgres::Result& rows, size_t row) {
  EnvironmentRow out;
  out.name = rows.Text(row, 0);
  out.start_at = Owned(rows.OptionalText(row, 1));
  out.end_at = Owned(rows.OptionalText(row, 2));
  out.plan_id = Owned(rows.OptionalText(row, 3));
  out.previous_plan_id = Owned(rows.OptionalText(row, 4));
  out.expiration_ts = rows.OptionalInt(row, 5);
  out.finalized_ts = rows.OptionalInt(row, 6);
  out.promoted_snapshot_ids = Owned(rows.OptionalText(row, 7));
  out.suffix_target = Owned(rows.OptionalText(row, 8));
  out.catalog_name_override = Owned(rows.OptionalText(row, 9));
  out.normalize_name = OptionalBool(rows, row, 10);
  out.gateway_managed = OptionalBool(rows, row, 11);
  out.requirements = Owned(rows.OptionalText(row, 12));
  out.statements = Owned(rows.OptionalText(row, 13));
  out.statements_plan_id = Owned(rows.OptionalText(row, 14));
  out.snapshots_bytes = rows.OptionalInt(row, 15);
  out.previous_finalized_bytes = rows.OptionalInt(row, 16);
  return out;
}

using Chunk = std::function<absl::Status(std::string_view)>;

// Bytes of one row of the COPY, and approximately those of an array passed to the caller.
constexpr int64_t kPieceBytes = 1 << 20;
constexpr size_t kChunkBytes = 256 << 10;

std::string_view ColumnOf(EnvironmentList list) {
  return list == EnvironmentList::kSnapshots ? "snapshots" : "previous_finalized_snapshots";
}

// Batches splits a long list into small arrays.
class Batches : public json::SplitHandler {
 public:
  explicit Batches(const Chunk& chunk) : chunk_(chunk) {}

  absl::Status OnRoot(json::ValueKind kind) override {
    is_list_ = kind == json::ValueKind::kArray;
    return absl::OkStatus();
  }
  absl::Status OnValueBegin(const json::CutValue&) override { return absl::OkStatus(); }
  absl::Status OnValueBytes(std::string_view piece) override {
    array_.append(piece);
    return absl::OkStatus();
  }
  absl::Status OnValueEnd() override {
    array_.push_back(',');
    return array_.size() >= kChunkBytes ? Flush() : absl::OkStatus();
  }

  absl::Status Flush() {
    if (array_.size() == 1) return absl::OkStatus();
    array_.back() = ']';
    failure_ = chunk_(array_);
    array_ = "[";
    return failure_;
  }
  bool is_list() const { return is_list_; }
  // Returns the caller's error, as opposed to an error of the text.
  const absl::Status& failure() const { return failure_; }

 private:
  const Chunk& chunk_;
  std::string array_ = "[";
  bool is_list_ = false;
  absl::Status failure_;
};

// Selects the column's text in rows (number, bytes). OFFSET 0 makes PostgreSQL decompress the value
// once instead of for every piece; json_array_elements would build the whole list in memory and
// takes three times as long.
std::string PiecesSql(std::string_view column, std::string_view from_where) {
  return Cat("(SELECT i::text, substring(e.list FROM i * ", kPieceBytes, " + 1 FOR ", kPieceBytes,
             ") FROM (SELECT convert_to(", column, ", 'UTF8') AS list ", from_where,
             " OFFSET 0) e, generate_series(0, (length(e.list) - 1) / ", kPieceBytes, ") i)");
}

absl::Status NoList(const EnvironmentRow& row, std::string_view column) {
  return Error(Reason::STATE_CORRUPT,
               Cat("Environment '", row.name, "': column ", column, " does not hold a JSON list"),
               "Restore the row from a backup.", {{"environment", row.name}});
}

absl::Status ReadInPieces(postgres::Session& session, const EnvironmentRow& row,
                          std::string_view column, std::string_view from_where,
                          const Chunk& chunk) {
  Batches batches(chunk);
  json::PathSplitter splitter({"[*]"}, &batches, json::PathSplitter::Remainder::kDrop);
  bool is_json = true;
  auto checked = [&](absl::Status status) {
    is_json = is_json && (status.ok() || !batches.failure().ok());
    return status;
  };
  ASSIGN_OR_RETURN(auto pieces, session.StartCopyFields(PiecesSql(column, from_where)));
  int64_t next = 0;
  absl::Status status = pieces->Read([&](const postgres::Fields& fields) -> absl::Status {
    if (fields.size() != 2 || fields[0] != std::to_string(next++) || !fields[1].has_value()) {
      return Error(Reason::INTERNAL, "COPY returned the pieces of a value out of order");
    }
    return checked(splitter.Feed(*fields[1]));
  });
  if (status.ok()) status = checked(splitter.Finish());
  if (!is_json || (status.ok() && !batches.is_list())) return NoList(row, column);
  RETURN_IF_ERROR(status);
  return batches.Flush();
}

}  // namespace

std::optional<size_t> FindEnvironment(const std::vector<std::string_view>& stored,
                                      std::string_view name) {
  for (const std::string& sought : {state::SanitizedEnvironmentName(name), std::string(name)}) {
    auto found = std::find(stored.begin(), stored.end(), sought);
    if (found != stored.end()) return static_cast<size_t>(found - stored.begin());
  }
  return std::nullopt;
}

const EnvironmentRow* FindEnvironment(const std::vector<EnvironmentRow>& rows,
                                      std::string_view name) {
  std::vector<std::string_view> stored;
  for (const EnvironmentRow& row : rows) stored.push_back(row.name);
  std::optional<size_t> found = FindEnvironment(stored, name);
  return found.has_value() ? &rows[*found] : nullptr;
}

absl::Status EnvironmentNotFound(std::string_view name, std::string_view words) {
  std::string stored = state::SanitizedEnvironmentName(name);
  std::string looked_for = stored == name ? "" : Cat(", which SQLMesh names '", stored, "'");
  return Error(Reason::ENVIRONMENT_NOT_FOUND, Cat(words, "'", name, "'", looked_for, "."),
               "Name one that ListEnvironments returns.", {{"environment", std::string(name)}});
}

absl::StatusOr<std::vector<EnvironmentRow>> ReadEnvironments(
    postgres::Session& session, std::string_view schema, const Layout& layout,
    const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(postgres::Result rows, session.Query(EnvironmentsSql(schema, layout)));
  std::vector<std::string_view> stored;
  for (size_t row = 0; row < rows.rows(); ++row) stored.push_back(rows.Text(row, 0));
  std::set<size_t> wanted;
  for (const std::string& name : names) {
    std::optional<size_t> found = FindEnvironment(stored, name);
    if (!found.has_value()) return EnvironmentNotFound(name);
    wanted.insert(*found);
  }
  std::vector<EnvironmentRow> out;
  for (size_t row = 0; row < rows.rows(); ++row) {
    if (names.empty() || wanted.contains(row)) out.push_back(ToRow(rows, row));
  }
  return out;
}

absl::Status ReadEnvironmentList(postgres::Session& session, std::string_view schema,
                                 const EnvironmentRow& row, EnvironmentList list,
                                 const Chunk& chunk) {
  std::optional<int64_t> bytes =
      list == EnvironmentList::kSnapshots ? row.snapshots_bytes : row.previous_finalized_bytes;
  if (!bytes.has_value()) return absl::OkStatus();
  std::string_view column = ColumnOf(list);
  std::string from_where = Cat("FROM ", Qualified(schema, "_environments"),
                               " WHERE name = ", postgres::QuoteLiteral(row.name));
  if (*bytes > kWholeListBytes) return ReadInPieces(session, row, column, from_where, chunk);
  // COPY would double every backslash.
  ASSIGN_OR_RETURN(postgres::Result text, session.Query(Cat("SELECT ", column, " ", from_where)));
  return text.rows() == 1 ? chunk(text.Text(0, 0)) : absl::OkStatus();
}

}  // namespace stateserver::store
