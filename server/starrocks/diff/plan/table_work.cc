// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_work.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "server/starrocks/ddl/print/print.h"
#include "server/starrocks/diff/compare/properties.h"

namespace stateserver::schema {

bool SameName(const std::string& a, const std::string& b) { return absl::EqualsIgnoreCase(a, b); }

const Column* FindColumn(const Table& table, const std::string& name) {
  for (const Column& column : table.columns) {
    if (SameName(column.name, name)) return &column;
  }
  return nullptr;
}

Column* FindColumn(Table* table, const std::string& name) {
  return const_cast<Column*>(FindColumn(std::as_const(*table), name));
}

void PutBackColumns(const Table& table, const std::set<std::string>& names,
                    std::vector<Column>* columns) {
  std::set<std::string> there;
  for (const Column& column : *columns) there.insert(Folded(column.name));
  std::map<std::string, std::vector<const Column*>> behind;  // the column that is there
  std::string before;                                        // empty: none
  for (const Column& column : table.columns) {
    std::string name = Folded(column.name);
    if (there.contains(name)) {
      before = name;
    } else if (names.contains(name)) {
      behind[before].push_back(&column);
    }
  }
  std::vector<Column> out;
  auto add_behind = [&](const std::string& name) {
    auto found = behind.find(name);
    if (found == behind.end()) return;
    for (const Column* column : found->second) out.push_back(*column);
  };
  add_behind("");
  for (Column& column : *columns) {
    std::string name = Folded(column.name);
    out.push_back(std::move(column));
    add_behind(name);
  }
  *columns = std::move(out);
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return SameName(one, name); });
}

bool IsKeyColumn(const Table& table, const std::string& name) {
  return table.key && Contains(table.key->columns, name);
}

bool IsDistributionColumn(const Table& table, const std::string& name) {
  return table.distribution && Contains(table.distribution->columns, name);
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

}  // namespace stateserver::schema
