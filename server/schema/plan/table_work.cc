#include "server/schema/plan/table_work.h"

#include <algorithm>

#include "server/schema/compare/properties.h"
#include "server/schema/parse/lexer.h"
#include "server/schema/print/print.h"

namespace stateserver::schema {

const Column* FindColumn(const Table& table, const std::string& name) {
  for (const Column& column : table.columns) {
    if (Folded(column.name) == Folded(name)) return &column;
  }
  return nullptr;
}

Column* FindColumn(Table* table, const std::string& name) {
  return const_cast<Column*>(FindColumn(std::as_const(*table), name));
}

void PutBackColumn(const Table& table, const Column& column, std::vector<Column>* columns) {
  auto at = columns->begin();
  for (const Column& before : table.columns) {
    if (before.name == column.name) break;
    auto found = std::find_if(columns->begin(), columns->end(), [&](const Column& one) {
      return Folded(one.name) == Folded(before.name);
    });
    if (found != columns->end()) at = found + 1;
  }
  columns->insert(at, column);
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return Folded(one) == Folded(name); });
}

bool IsKeyColumn(const Table& table, const std::string& name) {
  return table.key && Contains(table.key->columns, name);
}

bool IsDistributionColumn(const Table& table, const std::string& name) {
  return table.distribution && Contains(table.distribution->columns, name);
}

bool IsPartitionColumn(const Table& table, const std::string& name) {
  if (!table.partitioning) return false;
  return std::any_of(table.partitioning->terms.begin(), table.partitioning->terms.end(),
                     [&](const std::string& term) { return Reads(term, name); });
}

bool IsFast(const Table& table, const Engine& engine) {
  if (!Has(Feature::kFastSchemaEvolution, engine.version)) return false;
  auto found = table.properties.find("fast_schema_evolution");
  return found == table.properties.end() || found->second == "true";
}

std::string NormalColumnText(const Column& column) {
  Column normal = column;
  normal.name = Folded(column.name);
  if (normal.generated) normal.generated = NormalGenerated(*normal.generated);
  return PrintColumn(normal);
}

bool Reads(const std::string& expression, const std::string& name) {
  Lexed lexed = Lex(expression, "");
  return std::any_of(lexed.tokens.begin(), lexed.tokens.end(), [&](const Token& token) {
    bool is_name = token.kind == Token::Kind::kWord || token.kind == Token::Kind::kQuotedName;
    return is_name && Folded(token.value) == Folded(name);
  });
}

}  // namespace stateserver::schema
