// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/columns.h"

#include <utility>
#include <variant>

#include "server/starrocks/query/analysis.h"

namespace stateserver::schema::query {

namespace {

OutputColumns ColumnsOfTable(const Table& table) {
  std::vector<OutputColumn> out;
  for (const Column& column : table.columns) {
    TypePtr type = column.type ? std::make_shared<DataType>(*column.type) : nullptr;
    out.push_back({column.name, std::move(type)});
  }
  return std::make_shared<std::vector<OutputColumn>>(std::move(out));
}

// Returns the columns of a view, which may rename those of its query.
OutputColumns Renamed(const std::vector<ViewColumn>& names, OutputColumns columns) {
  if (names.empty()) return columns;
  std::vector<OutputColumn> out(names.size());
  const bool same = columns != nullptr && columns->size() == names.size();
  if (same) out = *columns;
  for (size_t i = 0; i < names.size(); ++i) out[i].name = names[i].name;
  return std::make_shared<std::vector<OutputColumn>>(std::move(out));
}

const std::string* QueryOf(const Object& object) {
  if (const auto* view = std::get_if<View>(&object.definition)) return &view->query;
  if (const auto* view = std::get_if<MaterializedView>(&object.definition)) return &view->query;
  return nullptr;
}

const std::vector<ViewColumn>& NamesOf(const Object& object) {
  const auto* view = std::get_if<View>(&object.definition);
  return view != nullptr ? view->columns : std::get<MaterializedView>(object.definition).columns;
}

}  // namespace

SchemaColumns::SchemaColumns(const std::vector<const Object*>& objects) {
  for (const Object* object : objects) Add(*object);
}

OutputColumns SchemaColumns::ColumnsOf(const ObjectName& name) {
  auto known = known_.find(name);
  if (known != known_.end()) return known->second;
  auto object = objects_.find(name);
  // The views that a view reads are computed before it, so that the stack does not grow with them.
  if (object == objects_.end() || computing_) return nullptr;
  std::vector<const Object*> waiting = {object->second};
  while (!waiting.empty()) {
    const Object& next = *waiting.back();
    const bool is_new = known_.try_emplace(next.name).second;
    if (is_new && AddReadViews(next, &waiting)) continue;
    waiting.pop_back();
    if (known_[next.name] == nullptr) known_[next.name] = Compute(next);
  }
  return known_[name];
}

// Adds the views that a view reads and that are not known; returns false if there are none.
bool SchemaColumns::AddReadViews(const Object& object, std::vector<const Object*>* waiting) {
  const std::string* query = QueryOf(object);
  if (query == nullptr) return false;
  const size_t before = waiting->size();
  std::optional<Analysis> reads = AnalyzeText(*query, object.name.database, nullptr);
  if (!reads) return false;
  for (const ObjectName& name : reads->relations) {
    auto found = objects_.find(name);
    if (found != objects_.end() && !known_.contains(name)) waiting->push_back(found->second);
  }
  return waiting->size() > before;
}

OutputColumns SchemaColumns::Compute(const Object& object) {
  if (const auto* table = std::get_if<Table>(&object.definition)) return ColumnsOfTable(*table);
  computing_ = true;
  OutputColumns columns = OutputTypes(*QueryOf(object), object.name.database, this);
  computing_ = false;
  return Renamed(NamesOf(object), std::move(columns));
}

}  // namespace stateserver::schema::query
