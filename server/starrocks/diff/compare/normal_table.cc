// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/normal_table.h"

#include <algorithm>
#include <set>

#include "common/sha256.h"
#include "common/text.h"
#include "server/starrocks/ddl/clauses.h"
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

// The engine stores booleans as numbers, and now() as CURRENT_TIMESTAMP.
void NormalDefault(bool boolean, DefaultValue* value) {
  std::string text = NormalExpression(value->text);
  switch (value->kind) {
    case DefaultValue::Kind::kText:
      if (boolean && text == "true") value->text = "1";
      if (boolean && text == "false") value->text = "0";
      return;
    case DefaultValue::Kind::kExpression:
    case DefaultValue::Kind::kLiteral:
      value->text = text;
      if (text == "now()") *value = {DefaultValue::Kind::kTimestamp, ""};
      return;
    default:
      return;
  }
}

// `primary` is true for a column of the table's primary key.
void NormalColumn(const std::optional<KeyClause>& key, bool primary, Column* column) {
  if (!column->nullable) column->nullable = !column->auto_increment;
  if (primary) column->nullable = false;
  if (column->aggregate == "REPLACE_IF_NOT_NULL") column->nullable = true;
  if (column->default_value && column->default_value->kind == DefaultValue::Kind::kNull) {
    column->default_value.reset();
  }
  if (column->default_value) {
    bool boolean = column->type && column->type->name == "BOOLEAN";
    NormalDefault(boolean, &*column->default_value);
  }
  // The values of a unique or primary key are replaced, whether or not this is stated.
  bool replaces = key && (key->model == KeyModel::kUnique || key->model == KeyModel::kPrimary);
  if (replaces && column->aggregate == "REPLACE") column->aggregate.reset();
  if (column->generated) column->generated = NormalGenerated(*column->generated);
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
  // STRING is a VARCHAR of the greatest length.
  constexpr std::string_view kString = " as string)";
  for (size_t at = term.find(kString); at != term.npos; at = term.find(kString)) {
    term.replace(at, kString.size(), Cat(" as varchar(", kStringLength, "))"));
  }
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

// Replaces the types of CAST(… AS type) by the spelling of the engine.
void NormalCasts(const std::string& text, std::vector<Token>* tokens) {
  constexpr size_t kMostTokensOfType = 64;
  for (size_t at = 0; at + 1 < tokens->size(); ++at) {
    const Token& token = (*tokens)[at];
    if (token.kind != Token::Kind::kWord || !EqualIgnoringCase(token.value, "AS")) continue;
    auto next = tokens->begin() + static_cast<std::ptrdiff_t>(at) + 1;
    size_t count = std::min(kMostTokensOfType, tokens->size() - at - 1);
    std::vector<Token> rest(next, next + static_cast<std::ptrdiff_t>(count));
    rest.push_back(tokens->back());  // the end
    TokenStream in(text, rest, "");
    DataType type;
    if (!ParseType(&in, &type) || !in.IsSymbol(")")) continue;
    Token name = rest.front();
    name.value = Lower(PrintType(type));
    if (type.length == kStringLength) name.value = Cat("varchar(", kStringLength, ")");
    next = tokens->erase(next, next + static_cast<std::ptrdiff_t>(in.position()));
    tokens->insert(next, std::move(name));
  }
}

std::string Normal(const std::string& text, bool drop_parentheses) {
  Lexed lexed = Lex(text, "");
  if (lexed.error) return text;
  NormalCasts(text, &lexed.tokens);
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
  // The engine has generated columns only at the end.
  std::stable_partition(out.columns.begin(), out.columns.end(),
                        [](const Column& column) { return !column.generated; });
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
