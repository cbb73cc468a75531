// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/catalog.h"

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/apply/columns.h"
#include "server/starrocks/apply/create.h"
#include "server/starrocks/apply/queries.h"

namespace stateserver::apply {

using schema::Column;
using schema::KeyModel;

const Column* TableState::Find(std::string_view name) const {
  for (const Column& column : table.columns) {
    if (EqualIgnoringCase(column.name, name)) return &column;
  }
  return nullptr;
}

Verdict TableState::CheckKnown(std::string_view prefix) const {
  auto found = unknown_properties.lower_bound(std::string(prefix));
  bool none = found == unknown_properties.end() || !found->first.starts_with(prefix);
  return none ? Taken() : Unknown(found->second);
}

const Entry* Catalog::Find(const std::string& name) const {
  auto found = objects.find(name);
  return found == objects.end() ? nullptr : &found->second;
}

Entry* Catalog::Find(const std::string& name) {
  auto found = objects.find(name);
  return found == objects.end() ? nullptr : &found->second;
}

void Complete(schema::Table* table) {
  if (!table->key) table->key = ImpliedKey(*table);
  for (Column& column : table->columns) {
    column.key =
        std::any_of(table->key->columns.begin(), table->key->columns.end(),
                    [&](const auto& name) { return EqualIgnoringCase(name, column.name); });
    CompleteColumn(&column);
    bool replaces =
        table->key->model == KeyModel::kPrimary || table->key->model == KeyModel::kUnique;
    if (table->key->model == KeyModel::kPrimary && column.key) column.nullable = false;
    if (replaces && column.aggregate == "REPLACE") column.aggregate.reset();
  }
  if (table->distribution) return;
  table->distribution.emplace();
  table->distribution->random = table->key->model != KeyModel::kPrimary;
  if (!table->distribution->random) table->distribution->columns = table->key->columns;
}

Catalog MakeCatalog(const schema::LiveSchema& live, bool printed) {
  Catalog out;
  out.database = live.database;
  for (const schema::UnreadObject& one : live.unread) out.unread[one.name.name] = one.reason;
  std::vector<const schema::LiveObject*> synchronous;
  for (const schema::LiveObject& one : live.objects) {
    const std::string& name = one.object.name.name;
    if (IsRollup(one.object)) {
      synchronous.push_back(&one);
    } else if (const auto* table = std::get_if<schema::Table>(&one.object.definition)) {
      TableState state{*table, {}, {}, {}};
      Complete(&state.table);
      if (!printed && state.table.distribution->random) {
        state.table.properties.emplace("bucket_size", "1073741824");
      }
      out.objects[name].definition = std::move(state);
    } else if (const auto* view = std::get_if<schema::View>(&one.object.definition)) {
      out.objects[name].definition = *view;
    } else {
      MaterializedViewState state;
      state.view = std::get<schema::MaterializedView>(one.object.definition);
      state.active = !one.activity || one.activity->active;
      out.objects[name].definition = std::move(state);
    }
  }
  for (const schema::LiveObject* one : synchronous) {
    AddSynchronousView(one->object.name.name,
                       std::get<schema::MaterializedView>(one->object.definition), &out);
  }
  for (auto& [name, entry] : out.objects) {
    MaterializedViewState* view = entry.materialized();
    if (view == nullptr || !view->active) continue;
    std::vector<OutputColumn> columns;
    if (ColumnsOf(name, out, &columns).taken()) view->stored = std::move(columns);
  }
  return out;
}

}  // namespace stateserver::apply
