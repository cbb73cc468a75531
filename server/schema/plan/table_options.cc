#include "server/schema/plan/table_options.h"

#include <algorithm>

#include "server/schema/plan/table_work.h"
#include "server/schema/references/dependency_order.h"
#include "server/schema/references/references.h"

namespace stateserver::schema {
namespace {

// Whether a relation that is no declared table, or has the column, could be meant.
bool MayHave(const Pairing& pairing, const ObjectName& name, const std::string& column) {
  auto found = pairing.declared().find(name);
  const auto* table =
      found == pairing.declared().end() ? nullptr : std::get_if<Table>(&found->second->definition);
  return table == nullptr || FindColumn(*table, column) != nullptr;
}

// Declared views that read the column of this table, and nobody else's of its name.
std::vector<std::string> ReadersOf(const Pairing& pairing, const std::vector<const Object*>& there,
                                   const ObjectName& table, const std::string& column) {
  std::vector<std::string> readers;
  for (const Object* object : there) {
    if (std::holds_alternative<Table>(object->definition)) continue;
    if (!pairing.declared().contains(object->name)) continue;
    References reads = ReferencesOf(QueryOf(*object), object->name.database);
    if (!reads.relations.contains(table) || !reads.columns.contains(Folded(column))) continue;
    bool others = std::any_of(
        reads.relations.begin(), reads.relations.end(),
        [&](const ObjectName& name) { return name != table && MayHave(pairing, name, column); });
    if (!others) readers.push_back(object->name.name);
  }
  return readers;
}

}  // namespace

TablePlanOptions TableOptions(const Pairing& pairing, const std::vector<const Object*>& there,
                              const Object& live, const Object& declared,
                              const PlanOptions& asked) {
  TablePlanOptions options;
  options.partitions = asked.partitions;
  options.renames = pairing.RenamesOf(declared.name);
  for (const Object* object : there) {
    if (!IsRollup(*object) || !pairing.live().contains(object->name)) continue;
    References reads = ReferencesOf(QueryOf(*object), object->name.database);
    if (!reads.relations.contains(live.name)) continue;
    options.protected_columns.insert(options.protected_columns.end(), reads.columns.begin(),
                                     reads.columns.end());
  }
  const auto& wanted = std::get<Table>(declared.definition);
  for (const Column& column : std::get<Table>(live.definition).columns) {
    if (FindColumn(wanted, column.name) != nullptr) continue;
    for (const std::string& reader : ReadersOf(pairing, there, declared.name, column.name)) {
      options.needed_columns.emplace(Folded(column.name), reader);
    }
  }
  return options;
}

}  // namespace stateserver::schema
