// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/row_fetcher.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::restore_points {
namespace {

// Size of a value that is fetched in pieces, and of a piece, in bytes.
constexpr int64_t kLongValue = 1 << 20;
// Target size of one FETCH, in bytes.
constexpr size_t kSmallFetch = 1 << 20;
constexpr size_t kLargeFetch = 4 << 20;
constexpr int64_t kFetchRows = 1024;
// Columns that precede those of the table.
constexpr size_t kSameRow = 0;
constexpr size_t kLongColumns = 1;
constexpr size_t kFirst = 2;

// Selects a condition that finds the row again (a ctid alone is ambiguous in a partitioned table),
// the numbers of the columns with a long value as "|1|4|", and the columns, with long values as
// NULL.
std::string RowsSql(const std::string& schema, const TableShape& table) {
  std::string longs = "''";
  std::string columns;
  for (size_t i = 0; i < table.column_names.size(); ++i) {
    const std::string& name = table.column_names[i];
    std::string is_long = Cat("coalesce(octet_length(", name, "::text), 0) > ", kLongValue);
    AppendTo(&longs, " || CASE WHEN ", is_long, " THEN '|", i, "|' ELSE '' END");
    AppendTo(&columns, ", CASE WHEN ", is_long, " THEN NULL ELSE ", name, " END");
  }
  return Cat("SELECT format('tableoid = %s AND ctid = %L', tableoid::oid, ctid), ", longs, columns,
             " FROM ", store::Qualified(schema, table.table));
}

}  // namespace

absl::Status RowFetcher::Copy(TableShape* table) {
  RETURN_IF_ERROR(writer_.BeginTable(table->table));
  RETURN_IF_ERROR(session_.Execute(
      Cat("DECLARE stateserver_rows NO SCROLL CURSOR FOR ", RowsSql(schema_, *table))));
  int64_t wanted = 1;
  while (true) {
    ASSIGN_OR_RETURN(size_t bytes, Fetch(wanted, table));
    if (fetched_ < wanted) break;
    if (bytes < kSmallFetch && wanted < kFetchRows) wanted *= 2;
    if (bytes > kLargeFetch && wanted > 1) wanted /= 2;
  }
  RETURN_IF_ERROR(session_.Execute("CLOSE stateserver_rows"));
  return writer_.EndTable();
}

absl::StatusOr<size_t> RowFetcher::Fetch(int64_t wanted, TableShape* table) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session_.Query(Cat("FETCH FORWARD ", wanted, " FROM stateserver_rows")));
  fetched_ = static_cast<int64_t>(rows.rows());
  table->rows += fetched_;
  int64_t before = writer_.raw_bytes();
  for (size_t row = 0; row < rows.rows(); ++row) {
    RETURN_IF_ERROR(WriteRow(rows, row, *table));
  }
  return static_cast<size_t>(writer_.raw_bytes() - before);
}

absl::Status RowFetcher::WriteRow(const postgres::Result& rows, size_t row,
                                  const TableShape& table) {
  std::string_view longs = rows.Text(row, kLongColumns);
  line_.clear();
  for (size_t i = 0; i < table.column_names.size(); ++i) {
    if (i > 0) line_.push_back('\t');
    if (!longs.empty() && longs.find(Cat('|', i, '|')) != longs.npos) {
      RETURN_IF_ERROR(writer_.Piece(line_));
      line_.clear();
      RETURN_IF_ERROR(WriteLong(rows.Text(row, kSameRow), table.column_names[i], table));
      continue;
    }
    std::optional<std::string_view> value = rows.OptionalText(row, kFirst + i);
    value.has_value() ? postgres::AppendCopyField(*value, &line_)
                      : postgres::AppendCopyNull(&line_);
  }
  return writer_.Line(line_);
}

// The subquery produces the bytes once, and each row is a slice of them. They are in hex, because a
// slice may end inside a character.
absl::Status RowFetcher::WriteLong(std::string_view same_row, const std::string& column,
                                   const TableShape& table) {
  RETURN_IF_ERROR(session_.Execute(
      Cat("DECLARE stateserver_pieces NO SCROLL CURSOR FOR SELECT encode(substr(s.v, g, ",
          kLongValue, "), 'hex') FROM (SELECT convert_to(", column, "::text, 'UTF8') AS v FROM ",
          store::Qualified(schema_, table.table), " WHERE ", same_row, " OFFSET 0) s,",
          " LATERAL generate_series(1, octet_length(s.v), ", kLongValue, ") g")));
  std::string escaped;
  while (true) {
    ASSIGN_OR_RETURN(postgres::Result piece,
                     session_.Query("FETCH FORWARD 1 FROM stateserver_pieces"));
    if (piece.rows() == 0) break;
    std::string_view hex = piece.Text(0, 0);
    escaped.clear();
    postgres::AppendCopyField(absl::HexStringToBytes({hex.data(), hex.size()}), &escaped);
    RETURN_IF_ERROR(writer_.Piece(escaped));
  }
  return session_.Execute("CLOSE stateserver_pieces");
}

}  // namespace stateserver::restore_points
