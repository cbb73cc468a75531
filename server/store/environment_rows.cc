#include "server/store/environment_rows.h"

#include <set>

#include "common/text.h"

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

std::string_view ColumnOf(EnvironmentList list) {
  return list == EnvironmentList::kSnapshots ? "snapshots" : "previous_finalized_snapshots";
}

// Batches elements that PostgreSQL split into arrays of about this many bytes.
constexpr size_t kChunkBytes = 256 << 10;

absl::Status ReadElements(postgres::Session& session, std::string_view column,
                          std::string_view from_where,
                          const std::function<absl::Status(std::string_view)>& chunk) {
  std::string array = "[";
  std::vector<postgres::CopyField> fields;
  auto flush = [&]() -> absl::Status {
    if (array.size() == 1) return absl::OkStatus();
    array.back() = ']';
    absl::Status status = chunk(array);
    array = "[";
    return status;
  };
  RETURN_IF_ERROR(session.CopyOut(
      Cat("(SELECT x.value FROM (SELECT ", column, " AS list ", from_where,
          ") e, json_array_elements(e.list::json) x)"),
      [&](std::string_view line) -> absl::Status {
        if (!postgres::SplitCopyLine(line, 1, &fields)) {
          return Error(Reason::INTERNAL, "COPY gave a line of another shape than asked for");
        }
        array.append(fields[0].text);
        array.push_back(',');
        return array.size() >= kChunkBytes ? flush() : absl::OkStatus();
      }));
  return flush();
}

}  // namespace

absl::StatusOr<std::vector<EnvironmentRow>> ReadEnvironments(
    postgres::Session& session, std::string_view schema, const Layout& layout,
    const std::vector<std::string>& names) {
  ASSIGN_OR_RETURN(postgres::Result rows, session.Query(EnvironmentsSql(schema, layout)));
  std::set<std::string_view> wanted(names.begin(), names.end());
  std::vector<EnvironmentRow> out;
  for (size_t row = 0; row < rows.rows(); ++row) {
    if (!names.empty() && wanted.erase(rows.Text(row, 0)) == 0) continue;
    out.push_back(ToRow(rows, row));
  }
  for (const std::string& name : names) {
    if (!wanted.contains(name)) continue;
    return Error(Reason::ENVIRONMENT_NOT_FOUND, Cat("No such environment: ", name),
                 "`stateclient environments` lists those there are.", {{"environment", name}});
  }
  return out;
}

absl::Status ReadEnvironmentList(postgres::Session& session, std::string_view schema,
                                 const EnvironmentRow& row, EnvironmentList list,
                                 const std::function<absl::Status(std::string_view)>& chunk) {
  std::optional<int64_t> bytes =
      list == EnvironmentList::kSnapshots ? row.snapshots_bytes : row.previous_finalized_bytes;
  if (!bytes.has_value()) return absl::OkStatus();
  std::string column(ColumnOf(list));
  std::string from_where = Cat("FROM ", Qualified(schema, "_environments"),
                               " WHERE name = ", postgres::QuoteLiteral(row.name));
  absl::Status status;
  if (*bytes > kWholeListBytes) {
    status = ReadElements(session, column, from_where, chunk);
  } else {
    // Not by COPY, which would double every backslash of it.
    ASSIGN_OR_RETURN(postgres::Result text, session.Query(Cat("SELECT ", column, " ", from_where)));
    if (text.rows() == 1) status = chunk(text.Text(0, 0));
  }
  // 22P02: the text is no JSON.
  if (auto facts = FactsOf(status); facts.contains("sqlstate") && facts["sqlstate"] == "22P02") {
    return Error(Reason::STATE_CORRUPT,
                 Cat("environment '", row.name, "': column ", column, " holds no JSON list"),
                 "Restore the row from a backup.", {{"environment", row.name}});
  }
  return status;
}

}  // namespace stateserver::store
