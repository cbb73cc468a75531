// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/table_options.h"

#include <algorithm>

#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {

TableReaders::TableReaders(const Pairing& pairing, const std::vector<const Object*>& there,
                           ReferenceCache* references)
    : pairing_(pairing), references_(*references) {
  for (const Object* object : there) {
    for (const ObjectName& name : references_.Of(*object).relations) {
      readers_[name].push_back(object);
    }
  }
}

const std::set<std::string>& TableReaders::ColumnsOf(const ObjectName& name, const Table& table) {
  auto [found, is_new] = columns_.try_emplace(name);
  if (is_new) {
    for (const Column& column : table.columns) found->second.insert(Folded(column.name));
  }
  return found->second;
}

// Whether a relation that is no declared table, or has the column, could be meant.
bool TableReaders::MayHave(const ObjectName& name, const std::string& folded_column) {
  auto found = pairing_.declared().find(name);
  const auto* table =
      found == pairing_.declared().end() ? nullptr : std::get_if<Table>(&found->second->definition);
  return table == nullptr || ColumnsOf(name, *table).contains(folded_column);
}

// Whether a declared view reads the column of this table, and nobody else's of its name.
bool TableReaders::NeedsColumn(const Object& view, const ObjectName& table,
                               const std::string& folded_column) {
  const References& reads = references_.Of(view);
  if (!pairing_.declared().contains(view.name) || !reads.columns.contains(folded_column)) {
    return false;
  }
  return std::none_of(reads.relations.begin(), reads.relations.end(), [&](const ObjectName& name) {
    return name != table && MayHave(name, folded_column);
  });
}

TablePlanOptions TableReaders::OptionsFor(const Object& live, const Object& declared,
                                          const PlanOptions& asked) {
  TablePlanOptions options;
  options.partitions = asked.partitions;
  options.meter = asked.meter;
  options.renames = pairing_.RenamesOf(declared.name);
  for (const Object* object : readers_[live.name]) {
    if (!IsRollup(*object) || !pairing_.live().contains(object->name)) continue;
    const References& reads = references_.Of(*object);
    options.protected_columns.insert(reads.columns.begin(), reads.columns.end());
  }
  const std::set<std::string>& wanted =
      ColumnsOf(declared.name, std::get<Table>(declared.definition));
  for (const Column& column : std::get<Table>(live.definition).columns) {
    std::string name = Folded(column.name);
    if (wanted.contains(name)) continue;
    for (const Object* view : readers_[declared.name]) {
      int64_t relations = static_cast<int64_t>(references_.Of(*view).relations.size());
      if (asked.meter != nullptr && !asked.meter->MayContinue(relations)) return options;
      if (!NeedsColumn(*view, declared.name, name)) continue;
      options.needed_columns.emplace(name, view->name.name);
      break;
    }
  }
  return options;
}

}  // namespace stateserver::schema
