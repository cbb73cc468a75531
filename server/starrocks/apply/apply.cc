// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/apply.h"

#include <utility>

#include "common/text.h"
#include "server/starrocks/apply/alter.h"
#include "server/starrocks/apply/create.h"
#include "server/starrocks/apply/inactivation.h"
#include "server/starrocks/apply/queries.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/diff/compare/properties.h"

namespace stateserver::apply {
namespace {

Verdict ApplyCreate(const CreateObject& create, const schema::Engine& engine, Catalog* catalog) {
  const schema::Object& object = create.object;
  if (std::holds_alternative<schema::Table>(object.definition)) {
    return ApplyCreateTable(create, engine, catalog);
  }
  if (const auto* view = std::get_if<schema::View>(&object.definition)) {
    if (!view->security.empty()) {
      RETURN_UNLESS_TAKEN(CheckFeature(schema::Feature::kViewSecurity, engine));
    }
    return ApplyCreateView(create, catalog);
  }
  constexpr schema::EngineVersion kSchedule{4, 1, 0};
  if (create.schedule && engine.version < kSchedule) {
    return RefusedBySyntax(
        "Unexpected input 'SCHEDULE', the most similar input is {'IMMEDIATE', 'INCREMENTAL', "
        "'MANUAL', 'DEFERRED', 'ASYNC'}",
        kMeasured402);
  }
  return ApplyCreateMaterializedView(create, engine, catalog);
}

Verdict NotOfKind(const DropObject& drop, const Entry& entry, const std::string& database) {
  const std::string& name = drop.name.name;
  bool view = drop.kind == DropObject::Kind::kView;
  if (drop.kind == DropObject::Kind::kMaterializedView) {
    if (entry.table() != nullptr) {
      return Refused("Cannot drop base index by using DROP ROLLUP or DROP MATERIALIZED VIEW.");
    }
    return Refused(Cat("Materialized view ", name, " is not found"));
  }
  if (entry.materialized() != nullptr) {
    return RefusedByAnalysis(Cat("The data of '", name, "' cannot be dropped because '", name,
                                 "' is a materialized view,use 'drop materialized view ", name,
                                 "' to drop it."));
  }
  return RefusedByAnalysis(
      Cat("'", database, "'.'", name, "' is not '", view ? "VIEW" : "TABLE", "'"));
}

// Drops a synchronous materialized view. Returns false if no table has it.
bool DropSynchronous(const std::string& name, Catalog* catalog) {
  for (auto& [table_name, entry] : catalog->objects) {
    TableState* table = entry.table();
    if (table == nullptr) continue;
    auto is = [&](const auto& one) { return one.name == name; };
    if (std::erase_if(table->views, is) + std::erase_if(table->table.rollups, is) > 0) return true;
  }
  return false;
}

Verdict ApplyDrop(const DropObject& drop, Catalog* catalog) {
  const std::string& name = drop.name.name;
  const Entry* entry = catalog->Find(name);
  bool materialized = drop.kind == DropObject::Kind::kMaterializedView;
  if (entry == nullptr) {
    if (materialized && DropSynchronous(name, catalog)) return Taken();
    if (!catalog->Lacks(name)) return Unknown(Cat("what ", name, " is"));
    if (drop.if_exists) return Taken();
    if (!materialized) return RefusedByAnalysis(Cat("Unknown table '", name, "'"));
    // It may belong to a table that is not among those that were read.
    if (!catalog->whole) return Unknown(Cat("the table of ", name));
    return Refused(Cat("Materialized view ", name, " is not found"));
  }
  bool right = materialized                           ? entry->materialized() != nullptr
               : drop.kind == DropObject::Kind::kView ? entry->view() != nullptr
                                                      : entry->table() != nullptr;
  if (!right) return NotOfKind(drop, *entry, catalog->database);
  catalog->objects.erase(name);
  return Taken();
}

Verdict ApplyRefresh(const RefreshMaterializedView& refresh, const Catalog& catalog) {
  const std::string& name = refresh.name.name;
  const Entry* entry = catalog.Find(name);
  if (entry == nullptr) {
    if (!catalog.Lacks(name)) return Unknown(Cat("the materialized view ", name));
    return RefusedByAnalysis(Cat("Can not find materialized view:", name));
  }
  if (const MaterializedViewState* view = entry->materialized()) {
    // The engine refuses to refresh an inactive view; it may have activated it again by then.
    return view->active ? Taken() : Unknown(Cat("whether ", name, " is active by then"));
  }
  return RefusedByAnalysis(Cat("Materialized view ", catalog.database, ".", name, " is not found"));
}

Verdict ApplyCopy(const Copy& copy, const Catalog& catalog) {
  const Entry* entry = catalog.Find(copy.target.name);
  const TableState* table = entry == nullptr ? nullptr : entry->table();
  if (table == nullptr) return Unknown(Cat("the table ", copy.target.name));
  if (!entry->unknown.empty()) return Unknown(entry->unknown);
  for (const std::string& name : copy.columns) {
    if (table->Find(name) == nullptr) {
      return Unknown(Cat("the column ", name, " of ", copy.target.name));
    }
  }
  QueryFacts facts;
  RETURN_UNLESS_TAKEN(ReadQuery(copy.query, catalog, &facts));
  size_t wanted = copy.columns.size();
  if (copy.columns.empty()) {
    for (const schema::Column& column : table->table.columns) wanted += column.generated ? 0 : 1;
  }
  return facts.columns.size() == wanted
             ? Taken()
             : Unknown("an INSERT whose query has another number of columns");
}

struct Dispatch {
  const schema::Engine& engine;
  Catalog* catalog;

  Verdict operator()(const CreateObject& one) const { return ApplyCreate(one, engine, catalog); }
  Verdict operator()(const AlterTable& one) const { return ApplyAlterTable(one, engine, catalog); }
  Verdict operator()(const AlterView& one) const { return ApplyAlterView(one, engine, catalog); }
  Verdict operator()(const AlterMaterializedView& one) const {
    return ApplyAlterMaterializedView(one, engine, catalog);
  }
  Verdict operator()(const DropObject& one) const { return ApplyDrop(one, catalog); }
  Verdict operator()(const RefreshMaterializedView& one) const {
    return ApplyRefresh(one, *catalog);
  }
  Verdict operator()(const Copy& one) const { return ApplyCopy(one, *catalog); }
  Verdict operator()(const TruncateTable& one) const {
    const Entry* entry = catalog->Find(one.name.name);
    if (entry == nullptr && !catalog->Lacks(one.name.name)) {
      return Unknown(Cat("what ", one.name.name, " is"));
    }
    if (entry == nullptr) {
      return RefusedByAnalysis(Cat("Table ", one.name.name, " is not found"));
    }
    if (entry->table() != nullptr) return Taken();
    return RefusedByAnalysis(Cat("Table ", one.name.name, " is not a OLAP table"));
  }
};

// Marks the properties that the statement sets. Returns false if it does anything else.
bool MarkProperties(const AlterTable& alter, const std::string& why, Catalog* catalog) {
  Entry* entry = catalog->Find(alter.name.name);
  TableState* table = entry == nullptr ? nullptr : entry->table();
  const auto* set =
      alter.clauses.size() == 1 ? std::get_if<SetProperties>(&alter.clauses[0]) : nullptr;
  if (table == nullptr || set == nullptr) return false;
  for (const auto& [key, value] : set->properties) {
    table->unknown_properties[key] = Cat("the property ", key, " of ", why);
  }
  return true;
}

// Marks what an unknown statement may have changed.
void Mark(const ParsedStatement& statement, const std::string& why, Catalog* catalog) {
  if (!statement.statement) {
    if (Entry* entry = catalog->Find(statement.object.name)) entry->unknown = why;
    return;
  }
  const auto& action = statement.statement->action;
  if (const auto* create = std::get_if<CreateObject>(&action)) {
    const schema::Object& object = create->object;
    const auto* view = std::get_if<schema::MaterializedView>(&object.definition);
    if (view != nullptr && view->synchronous()) {
      AddSynchronousView(object.name.name, *view, catalog);
      return;
    }
    Entry entry;
    if (view != nullptr) {
      entry.definition = MaterializedViewState{*view, true, "", std::nullopt};
    } else if (const auto* table = std::get_if<schema::Table>(&object.definition)) {
      TableState state{*table, {}, {}, {}};
      Complete(&state.table);
      entry.definition = std::move(state);
    } else {
      entry.definition = std::get<schema::View>(object.definition);
    }
    // The definition holds if the statement is taken; an object that was there stays.
    catalog->objects.insert_or_assign(object.name.name, std::move(entry));
    return;
  }
  if (const auto* alter = std::get_if<AlterMaterializedView>(&action)) {
    // No rule depends on the properties of a materialized view.
    if (alter->active || alter->set) return;
  }
  if (const auto* alter = std::get_if<AlterTable>(&action)) {
    if (MarkProperties(*alter, why, catalog)) return;
  }
  if (std::holds_alternative<Copy>(action)) return;
  if (const auto* drop = std::get_if<DropObject>(&action)) {
    catalog->objects.erase(drop->name.name);
    catalog->unread.erase(drop->name.name);
    return;
  }
  if (Entry* entry = catalog->Find(statement.object.name)) entry->unknown = why;
}

}  // namespace

Applied Apply(const ParsedStatement& statement, Catalog before, const schema::Engine& engine) {
  Applied out;
  out.verdict = statement.verdict;
  bool here = statement.object.database.empty() || statement.object.database == before.database;
  if (!here) {
    out.verdict = Unknown(Cat("the database ", statement.object.database));
  } else if (statement.statement) {
    std::map<std::string, Touch> touched = TouchedBy(*statement.statement, before);
    out.verdict = std::visit(Dispatch{engine, &before}, statement.statement->action);
    if (!out.verdict.refused()) Inactivate(std::move(touched), &before);
  }
  if (here && out.verdict.unknown()) {
    Mark(statement, Cat(statement.object.name, " after a statement whose effect is not known"),
         &before);
  }
  out.after = std::move(before);
  return out;
}

std::vector<Judged> JudgeAll(const std::vector<std::string>& statements, Catalog before,
                             const schema::Engine& engine) {
  std::vector<Judged> out;
  for (size_t i = 0; i < statements.size(); ++i) {
    Applied applied = Apply(ParseStatement(statements[i]), std::move(before), engine);
    before = std::move(applied.after);
    if (applied.verdict.taken()) continue;
    bool refused = applied.verdict.refused();
    out.push_back({i + 1, std::move(applied.verdict)});
    if (refused) break;
  }
  return out;
}

namespace {

// Returns the properties that the statement sets on a table.
std::vector<std::pair<std::string, std::string>> PropertiesOf(const Statement& statement) {
  std::vector<std::pair<std::string, std::string>> out;
  if (const auto* create = std::get_if<CreateObject>(&statement.action)) {
    const auto* table = std::get_if<schema::Table>(&create->object.definition);
    if (table != nullptr) out.assign(table->properties.begin(), table->properties.end());
  } else if (const auto* alter = std::get_if<AlterTable>(&statement.action)) {
    for (const Clause& clause : alter->clauses) {
      const auto* set = std::get_if<SetProperties>(&clause);
      if (set != nullptr) {
        out.insert(out.end(), set->properties.begin(), set->properties.end());
      }
    }
  }
  return out;
}

std::string QueryIn(const Statement& statement) {
  const auto& action = statement.action;
  if (const auto* create = std::get_if<CreateObject>(&action)) {
    return schema::QueryOf(create->object);
  }
  if (const auto* copy = std::get_if<Copy>(&action)) return copy->query;
  const auto* alter = std::get_if<AlterView>(&action);
  return alter != nullptr && alter->view ? alter->view->query : "";
}

// Returns the second names of the statement: of a renaming or a swap.
std::vector<std::string> OtherNames(const Statement& statement) {
  std::vector<std::string> names;
  if (const auto* view = std::get_if<AlterMaterializedView>(&statement.action)) {
    for (const std::string& name : {view->rename, view->swap}) {
      if (!name.empty()) names.push_back(name);
    }
  } else if (const auto* table = std::get_if<AlterTable>(&statement.action)) {
    for (const Clause& clause : table->clauses) {
      if (const auto* one = std::get_if<RenameTable>(&clause)) names.push_back(one->new_name);
      if (const auto* one = std::get_if<SwapTable>(&clause)) names.push_back(one->other);
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> NamesIn(const ParsedStatement& statement, const std::string& database) {
  std::vector<std::string> names;
  auto add = [&](const ObjectName& name) {
    bool here = name.database.empty() || name.database == database;
    if (here && !name.name.empty()) names.push_back(name.name);
  };
  add(statement.object);
  if (!statement.statement) return names;
  for (std::string& name : OtherNames(*statement.statement)) names.push_back(std::move(name));
  for (const auto& [key, value] : PropertiesOf(*statement.statement)) {
    if (key != "foreign_key_constraints") continue;
    for (const ObjectName& name : schema::ForeignKeyParents(value, database)) add(name);
  }
  std::string query = QueryIn(*statement.statement);
  for (const ObjectName& name : schema::ReferencesOf(query, database).relations) add(name);
  return names;
}

}  // namespace stateserver::apply
