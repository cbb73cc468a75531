// SPDX-License-Identifier: Apache-2.0

#include "common/text.h"
#include "server/starrocks/apply/alter.h"
#include "server/starrocks/apply/create.h"
#include "server/starrocks/apply/properties.h"
#include "server/starrocks/apply/queries.h"
#include "server/starrocks/apply/types.h"

namespace stateserver::apply {

using schema::Feature;

Verdict ApplyAlterView(const AlterView& alter, const schema::Engine& engine, Catalog* catalog) {
  const std::string& name = alter.name.name;
  Entry* entry = catalog->Find(name);
  if (entry == nullptr) {
    if (!catalog->Lacks(name)) return Unknown(Cat("the view ", name));
    return RefusedByAnalysis(Cat("Table ", name, " is not found"));
  }
  if (entry->view() == nullptr) {
    return RefusedByAnalysis(Cat("The specified table [", name, "] is not a view"));
  }
  if (!alter.security.empty()) {
    RETURN_UNLESS_TAKEN(CheckFeature(Feature::kViewSecurity, engine));
    entry->view()->security = alter.security;
    return Taken();
  }
  std::vector<OutputColumn> columns;
  RETURN_UNLESS_TAKEN(ViewColumns(alter.view->query, alter.view->columns, *catalog, &columns));
  // The engine forgets the comment, and keeps SECURITY.
  std::string security = entry->view()->security;
  *entry->view() = *alter.view;
  entry->view()->security = security;
  entry->unknown.clear();
  entry->reads.reset();
  return Taken();
}

namespace {

// Messages show texts of expressions with the greatest length.
std::string ShownOutput(const OutputColumn& column, bool fresh) {
  bool text = fresh && column.type->name == "VARCHAR";
  return Cat("(`", column.name, "` ", text ? "varchar(1048576)" : ShownType(*column.type),
             column.nullable ? " NULL" : " NOT NULL", " COMMENT \"\")");
}

Verdict CheckSame(const std::string& view, const OutputColumn& stored, const OutputColumn& now) {
  if (stored.type && now.type) {
    if (SameStorage(*stored.type, *now.type)) return Taken();
    return RefusedByAnalysis(
        Cat("Can not active materialized view [", view,
            "] because analyze materialized view define sql: …\n\nCause an error: Getting "
            "analyzing error. Detail message: column schema not compatible: ",
            ShownOutput(stored, false), " and ", ShownOutput(now, true), "."),
        kMeasured402);
  }
  // The same inputs give the same type, whatever it is.
  if (stored.inputs == now.inputs) return Taken();
  return Unknown(Cat("the type of the column ", now.name, " of ", view));
}

// The engine compares the columns as created with those that the query has now.
Verdict Activate(const std::string& name, const MaterializedViewState& view,
                 const Catalog& catalog) {
  if (view.active && !view.stored) return Unknown(Cat("the columns of ", name));
  if (!view.stored) return Unknown(Cat("the columns with which ", name, " was created"));
  QueryFacts facts;
  Verdict read = ReadQuery(view.view.query, catalog, &facts);
  if (read.refused()) {
    return RefusedByAnalysis(
        Cat("Can not active materialized view [", name,
            "] because analyze materialized view define sql: …\n\nCause an error: ", read.words),
        read.evidence);
  }
  RETURN_UNLESS_TAKEN(std::move(read));
  if (facts.columns.size() != view.stored->size()) return Unknown(Cat("the columns of ", name));
  for (size_t i = 0; i < facts.columns.size(); ++i) {
    facts.columns[i].name = (*view.stored)[i].name;
    RETURN_UNLESS_TAKEN(CheckSame(name, (*view.stored)[i], facts.columns[i]));
  }
  return Taken();
}

Verdict RenameView(const std::string& name, const std::string& new_name, Catalog* catalog) {
  if (name == new_name) return RefusedByAnalysis(Cat("Same materialized view name ", new_name));
  if (catalog->Has(new_name)) {
    return RefusedByAnalysis(Cat("Materialized view [", new_name, "] is already used"));
  }
  auto node = catalog->objects.extract(name);
  node.key() = new_name;
  catalog->objects.insert(std::move(node));
  return Taken();
}

Verdict SwapViews(const std::string& name, const std::string& other_name, Catalog* catalog) {
  Entry* other = catalog->Find(other_name);
  if (other == nullptr && !catalog->Lacks(other_name)) {
    return Unknown(Cat("the object ", other_name));
  }
  if (other == nullptr || other->view() != nullptr) {
    return Refused(Cat("Table ", other_name, " does not exist or is not OLAP/LAKE table"));
  }
  if (other->materialized() == nullptr) {
    return Refused("Materialized view can only SWAP WITH materialized view");
  }
  if (name == other_name) {
    return Refused(Cat("New name conflicts with rollup index name: ", name));
  }
  std::swap(*catalog->Find(name), *other);
  return Taken();
}

}  // namespace

namespace {

// Modes that the recorded release does not have; a later one may.
Verdict CheckRefreshMode(const AlterMaterializedView& alter, const schema::Engine& engine) {
  if (!alter.refresh || alter.refresh->mode != schema::Refresh::Mode::kUnknown) return Taken();
  constexpr schema::EngineVersion kLater{4, 1, 0};
  if (engine.version >= kLater) return Unknown(Cat("the refresh mode ", alter.refresh->word));
  return RefusedBySyntax(
      Cat("Unexpected input '", alter.refresh->word,
          "', the most similar input is {'MANUAL', 'ASYNC', 'DEFERRED', 'INCREMENTAL', "
          "'IMMEDIATE'}"));
}

}  // namespace

Verdict ApplyAlterMaterializedView(const AlterMaterializedView& alter, const schema::Engine& engine,
                                   Catalog* catalog) {
  const std::string& name = alter.name.name;
  RETURN_UNLESS_TAKEN(CheckRefreshMode(alter, engine));
  Entry* entry = catalog->Find(name);
  if (entry == nullptr && !catalog->Lacks(name)) {
    return Unknown(Cat("the materialized view ", name));
  }
  if (entry == nullptr || entry->materialized() == nullptr) {
    return RefusedByAnalysis(
        Cat("Materialized view ", catalog->database, ".", name, " is not found"));
  }
  if (!entry->unknown.empty()) return Unknown(entry->unknown);
  MaterializedViewState& view = *entry->materialized();
  if (alter.active) {
    if (*alter.active) RETURN_UNLESS_TAKEN(Activate(name, view, *catalog));
    view.active = *alter.active;
    view.inactive_because.clear();
    return Taken();
  }
  if (alter.refresh) {
    // The moment stays as it was.
    auto moment = view.view.refresh ? view.view.refresh->moment : alter.refresh->moment;
    view.view.refresh = alter.refresh;
    view.view.refresh->moment = moment;
    return Taken();
  }
  if (alter.set) {
    RETURN_UNLESS_TAKEN(CheckSetOfView(*alter.set, view.view, engine));
    for (const auto& [key, value] : alter.set->properties) view.view.properties[key] = value;
    return Taken();
  }
  if (!alter.rename.empty()) return RenameView(name, alter.rename, catalog);
  RETURN_UNLESS_TAKEN(CheckFeature(Feature::kMaterializedViewSwap, engine));
  return SwapViews(name, alter.swap, catalog);
}

}  // namespace stateserver::apply
