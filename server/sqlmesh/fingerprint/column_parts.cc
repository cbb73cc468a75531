// SPDX-License-Identifier: Apache-2.0
//
// Columns, and what of them goes into partitions.
#include <algorithm>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"
#include "server/sqlmesh/fingerprint/node_parts.h"
#include "server/sqlmesh/records/column_types.h"

namespace stateserver::fingerprint {
namespace {

// Without a dialect these are spelled as they are.
constexpr std::string_view kPlainTypes[] = {"INT",     "BIGINT",  "SMALLINT", "TINYINT",  "DOUBLE",
                                            "FLOAT",   "BOOLEAN", "TEXT",     "VARCHAR",  "DATE",
                                            "DECIMAL", "JSON",    "UUID",     "TIMESTAMP"};

bool NormalName(const NodeView& view, std::string_view name, std::string* out) {
  return state::AppendColumnName(state::FindDialect(view.dialect), name, out) ||
         view.unsupported->Note(Cat("the column name ", name));
}

// The time column of a model in clickhouse goes through a function of its own.
void AddClickhousePartition(const NodeView& view, HashSink* sink) {
  view.unsupported->Note("the time column in partitioned_by, for its dialect");
  sink->AddNone();
}

}  // namespace

void AddType(std::string_view dialect, std::string_view type, HashSink* sink,
             Unsupported* unsupported) {
  std::string text;
  bool proven = dialect.empty() ? std::find(std::begin(kPlainTypes), std::end(kPlainTypes), type) !=
                                      std::end(kPlainTypes)
                                : true;
  if (!state::AppendColumnType(state::FindDialect(dialect), type, &text) || !proven) {
    unsupported->Note(Cat("the type ", type));
  } else if (dialect == "snowflake" && text != type) {
    // FLOAT is what REAL is stored as, and is read back as DOUBLE.
    unsupported->Note(Cat("the type ", type, ", which its dialect spells ", text));
  }
  sink->Add(text);
}

void AddColumns(const NodeView& view, HashSink* sink) {
  std::vector<std::string> names;
  for (auto [name, value] : view.node.Object("columns")) {
    std::string_view type;
    if (value.get(type) != simdjson::SUCCESS) view.node.Refuse("columns");
    NormalName(view, name, &names.emplace_back());
    sink->Add(names.back());
    AddType(view.dialect, type, sink, view.unsupported);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    view.unsupported->Note("columns whose names differ by case alone");
  }
}

std::vector<std::string> ColumnNames(const NodeView& view) {
  std::vector<std::string> names;
  for (auto [name, value] : view.node.Object("columns")) {
    NormalName(view, name, &names.emplace_back());
  }
  return names;
}

void AddPartitions(const NodeView& view, HashSink* sink) {
  GenOptions options{.dialect = FindExpressionDialect(view.dialect), .quoted = true};
  std::vector<std::string> columns;
  options.columns = &columns;
  std::vector<std::string> partitions;
  for (std::string_view text : view.node.Texts("partitioned_by")) {
    // Partition transforms have a grammar of their own, and redshift's calls and
    // casts differ by where they stand.
    std::string upper = UpperText(text);
    if (upper.find("BUCKET") != upper.npos || upper.find("TRUNC") != upper.npos ||
        (view.dialect == "redshift" && text.find('(') != text.npos)) {
      view.unsupported->Note(Cat("the partition ", text));
    }
    GenExpression(text, options, &partitions.emplace_back(), view.unsupported);
  }
  options.columns = nullptr;
  if (view.kind_name == "INCREMENTAL_BY_TIME_RANGE" &&
      view.kind.BooleanOr("partition_by_time_column", true) == "True") {
    Fields time(view.kind.Object("time_column"), "kind.time_column", view.unsupported);
    std::string column;
    GenOptions kind{.dialect = FindExpressionDialect(view.kind_dialect), .quoted = true};
    GenExpression(time.TextOr("column", ""), kind, &column, view.unsupported);
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
      if (view.dialect == "clickhouse") {
        AddClickhousePartition(view, sink);
      } else {
        sink->Add(column);
      }
    }
  }
  for (const std::string& partition : partitions) sink->Add(partition);
  for (std::string_view text : view.node.Texts("clustered_by")) {
    AddGen(text, options, sink, view.unsupported);
  }
}

}  // namespace stateserver::fingerprint
