// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/normal_table.h"

#include <algorithm>
#include <set>

#include "common/sha256.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/queries.h"

namespace stateserver::schema {

namespace {

void NormalKey(Table* table) {
  auto aggregated = [](const Column& column) { return column.aggregate || column.state; };
  bool marked = std::any_of(table->columns.begin(), table->columns.end(),
                            [&](const Column& column) { return column.key || aggregated(column); });
  if (!table->key && marked) {
    KeyClause key{KeyModel::kAggregate, {}};
    for (const Column& column : table->columns) {
      if (aggregated(column)) break;
      key.columns.push_back(column.name);
    }
    table->key = key;
  }
  for (Column& column : table->columns) column.key = false;
}

// `primary` is true for a column of the table's primary key.
void NormalColumn(const std::optional<KeyClause>& key, bool primary, Column* column) {
  if (!column->nullable) column->nullable = !column->auto_increment;
  if (primary) column->nullable = false;
  if (column->aggregate == "REPLACE_IF_NOT_NULL") column->nullable = true;
  if (column->default_value && column->default_value->kind == DefaultValue::Kind::kNull) {
    column->default_value.reset();
  }
  // The values of a unique or primary key are replaced, whether or not this is stated.
  bool replaces = key && (key->model == KeyModel::kUnique || key->model == KeyModel::kPrimary);
  if (replaces && column->aggregate == "REPLACE") column->aggregate.reset();
  if (column->generated) column->generated = NormalGenerated(*column->generated);
  if (column->default_value && column->default_value->kind == DefaultValue::Kind::kExpression) {
    column->default_value->text = NormalExpression(column->default_value->text);
  }
}

Distribution ImpliedDistribution(const Table& table) {
  Distribution implied;
  implied.random = !table.key || table.key->model != KeyModel::kPrimary;
  if (!implied.random) implied.columns = table.key->columns;
  return implied;
}

// The engine prints time_slice(ts, INTERVAL 6 HOUR) as time_slice(ts, 6, 'hour', 'floor').
std::string NormalTerm(const std::string& text) {
  std::string term = NormalExpression(text);
  constexpr std::string_view kInterval = ", interval ";
  size_t at = term.find(kInterval);
  if (!term.starts_with("time_slice(") || at == term.npos) return term;
  std::string_view rest = std::string_view(term).substr(at + kInterval.size());
  size_t space = rest.find(' ');
  size_t end = rest.find_first_of(",)");
  if (space == rest.npos || end == rest.npos || end < space) return term;
  std::string_view behind = rest.substr(end);
  return Cat(term.substr(0, at), ", ", rest.substr(0, space), ", '",
             rest.substr(space + 1, end - space - 1), "'", behind == ")" ? ", 'floor'" : "",
             behind);
}

std::string Normal(const std::string& text, bool drop_parentheses) {
  Lexed lexed = Lex(text, "");
  if (lexed.error) return text;
  lexed.tokens.pop_back();  // the end
  for (Token& token : lexed.tokens) {
    if (token.kind == Token::Kind::kWord) token.value = Lower(token.value);
  }
  if (drop_parentheses) DropNeedlessParentheses(&lexed.tokens);
  return NormalText(lexed.tokens.data(), lexed.tokens.data() + lexed.tokens.size());
}

constexpr size_t kDigits = 16;

bool MakesPartitions(const Table& table) {
  auto dynamic = table.properties.find("dynamic_partition.enable");
  return table.partitioning->kind == Partitioning::Kind::kExpression ||
         (dynamic != table.properties.end() && dynamic->second == "true");
}

Table Normal(const ObjectName& name, const Table& table, const Engine& engine, bool printed) {
  Table out = NormalTable(name, printed ? NormalizeLive(table, engine) : table, engine);
  if (out.partitioning && MakesPartitions(out)) out.partitioning->partitions.clear();
  for (Column& column : out.columns) column.name = Folded(column.name);
  return out;
}

}  // namespace

std::string Folded(const std::string& name) { return Lower(name); }

std::string NormalExpression(const std::string& text) { return Normal(text, false); }
std::string NormalGenerated(const std::string& text) { return Normal(text, true); }

Table NormalizeLive(Table table, const Engine& engine) {
  // 4.0 sets a size on every RANDOM table; earlier versions are not checked.
  constexpr EngineVersion kSizes{4, 0, 0};
  bool random = table.distribution && table.distribution->random;
  if (random && engine.version >= kSizes) table.properties.emplace("bucket_size", "0");
  return table;
}

Table NormalTable(const ObjectName& name, const Table& table, const Engine& engine) {
  Table out = table;
  NormalKey(&out);
  std::set<std::string> primary;
  if (out.key && out.key->model == KeyModel::kPrimary) {
    for (const std::string& name : out.key->columns) primary.insert(Folded(name));
  }
  for (Column& column : out.columns) {
    NormalColumn(out.key, primary.contains(Folded(column.name)), &column);
  }
  if (!out.distribution) out.distribution = ImpliedDistribution(out);
  for (Index& index : out.indexes) index.properties = NormalIndexProperties(index);
  if (out.partitioning) {
    for (std::string& term : out.partitioning->terms) term = NormalTerm(term);
  }
  out.properties = NormalProperties(name, out, engine);
  return out;
}

std::string ObjectDigest(const Object& object, const Engine& engine, bool printed) {
  Object normal{{"", object.name.name}, object.definition, {}};
  if (auto* table = std::get_if<Table>(&normal.definition)) {
    *table = Normal(object.name, *table, engine, printed);
  }
  return Sha256::Hex(Print(normal)).substr(0, kDigits);
}

}  // namespace stateserver::schema
