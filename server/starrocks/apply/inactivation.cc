// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/inactivation.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "common/text.h"

namespace stateserver::apply {
namespace {

using Touches = std::map<std::string, Touch>;

// Returns true if the clause changes more of the column than its comment.
bool Changes(const ModifyColumn& modify, const TableState& table) {
  const schema::Column* old = table.Find(modify.column.name);
  if (old == nullptr) return false;
  schema::Column now = modify.column;
  now.name = old->name;
  now.comment = old->comment;
  now.key = old->key;
  if (!now.nullable) now.nullable = true;
  return !(now == *old) || modify.place.has_value();
}

// Returns the column that the clause changes or removes, or "".
std::string ColumnOf(const Clause& clause, const TableState& table) {
  if (const auto* one = std::get_if<DropColumn>(&clause)) return one->name;
  if (const auto* one = std::get_if<RenameColumn>(&clause)) return one->old_name;
  if (const auto* one = std::get_if<ChangeField>(&clause)) return one->column;
  const auto* modify = std::get_if<ModifyColumn>(&clause);
  return modify != nullptr && Changes(*modify, table) ? modify->column.name : "";
}

void TouchTable(const AlterTable& alter, const TableState& table, Touches* out) {
  const std::string& name = alter.name.name;
  std::set<std::string> columns;
  for (const Clause& clause : alter.clauses) {
    std::string column = ColumnOf(clause, table);
    if (!column.empty()) columns.insert(Lower(column));
    const auto* move = std::get_if<Redistribute>(&clause);
    const auto* swap = std::get_if<SwapTable>(&clause);
    if (std::holds_alternative<OrderBy>(clause)) {
      (*out)[name] = {Cat("base-table reordered columns:", name), {}};
    } else if (move != nullptr && !move->default_buckets) {
      (*out)[name] = {Cat("base-table optimized:", name), {}};
    } else if (std::holds_alternative<RenameTable>(clause)) {
      (*out)[name] = {Cat("base-table renamed: ", name), {}};
    } else if (swap != nullptr) {
      (*out)[name] = {Cat("base-table swapped: ", name), {}};
      (*out)[swap->other] = {Cat("base-table swapped: ", swap->other), {}};
    }
  }
  if (columns.empty() || out->contains(name)) return;
  std::string text;
  for (const std::string& column : columns) AppendTo(&text, text.empty() ? "" : ",", column);
  (*out)[name] = {Cat("base table schema changed for columns: ", text), std::move(columns)};
}

const schema::References& ReadByQuery(Entry* entry, const std::string& database) {
  if (entry->reads == nullptr) {
    const schema::View* view = entry->view();
    const std::string& query = view != nullptr ? view->query : entry->materialized()->view.query;
    entry->reads =
        std::make_shared<const schema::References>(schema::ReferencesOf(query, database));
  }
  return *entry->reads;
}

// Finder looks for what one materialized view reads of that which was touched.
class Finder {
 public:
  Finder(const Touches& touched, Catalog* catalog) : touched_(touched), catalog_(*catalog) {}

  // Returns the reason, or nullopt. `words` are the names in the queries above.
  std::optional<std::string> Find(Entry* entry, std::set<std::string> words, bool all) {
    const schema::References& reads = ReadByQuery(entry, catalog_.database);
    words.insert(reads.words.begin(), reads.words.end());
    all = all || reads.star;
    for (const schema::ObjectName& name : reads.relations) {
      if (name.database != catalog_.database) continue;
      if (auto touched = touched_.find(name.name); touched != touched_.end()) {
        const std::set<std::string>& columns = touched->second.columns;
        bool hit = columns.empty() || all ||
                   std::any_of(columns.begin(), columns.end(),
                               [&](const auto& column) { return words.contains(column); });
        if (hit) return touched->second.reason;
      }
      Entry* below = catalog_.Find(name.name);
      if (below == nullptr || below->view() == nullptr) continue;
      if (!seen_.insert(name.name).second) continue;
      if (auto reason = Find(below, words, all)) return reason;
    }
    return std::nullopt;
  }

 private:
  const Touches& touched_;
  Catalog& catalog_;
  std::set<std::string> seen_;
};

}  // namespace

Touches TouchedBy(const Statement& statement, const Catalog& before) {
  Touches out;
  const auto& action = statement.action;
  auto view_changed = [&](const std::string& name) {
    const Entry* entry = before.Find(name);
    if (entry != nullptr && entry->view() != nullptr) {
      out[name] = {Cat("base-view changed: ", name), {}};
    }
  };
  if (const auto* alter = std::get_if<AlterTable>(&action)) {
    const Entry* entry = before.Find(alter->name.name);
    if (entry != nullptr && entry->table() != nullptr) TouchTable(*alter, *entry->table(), &out);
  } else if (const auto* view = std::get_if<AlterView>(&action)) {
    view_changed(view->name.name);
  } else if (const auto* create = std::get_if<CreateObject>(&action)) {
    if (create->or_replace) view_changed(create->object.name.name);
  } else if (const auto* drop = std::get_if<DropObject>(&action)) {
    bool view_dropped = drop->kind == DropObject::Kind::kView;
    out[drop->name.name] = {
        Cat("base-", view_dropped ? "view" : "table", " dropped: ", drop->name.name), {}};
  } else if (const auto* one = std::get_if<AlterMaterializedView>(&action)) {
    const std::string& name = one->name.name;
    if (!one->rename.empty()) out[name] = {Cat("base-table renamed: ", name), {}};
    if (!one->swap.empty()) {
      out[name] = {Cat("base-table swapped: ", name), {}};
      out[one->swap] = {Cat("base-table swapped: ", one->swap), {}};
    }
    if (one->active == false) out[name] = {Cat("base-mv inactive: ", name), {}};
  }
  return out;
}

void Inactivate(Touches touched, Catalog* catalog) {
  while (!touched.empty()) {
    Touches next;
    for (auto& [name, entry] : catalog->objects) {
      MaterializedViewState* view = entry.materialized();
      if (view == nullptr || !view->active) continue;
      auto reason = Finder(touched, catalog).Find(&entry, {}, false);
      if (!reason) continue;
      view->active = false;
      view->inactive_because = *reason;
      next[name] = {Cat("base-mv inactive: ", name), {}};
    }
    touched = std::move(next);
  }
}

}  // namespace stateserver::apply
