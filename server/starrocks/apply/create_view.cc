// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "common/text.h"
#include "server/starrocks/apply/create.h"
#include "server/starrocks/apply/properties.h"
#include "server/starrocks/apply/queries.h"

namespace stateserver::apply {
namespace {

using schema::KeyModel;

Verdict CheckOutputNames(const std::vector<OutputColumn>& columns) {
  std::set<std::string> seen;
  for (const OutputColumn& column : columns) {
    // An expression without a name gets its text as one.
    if (column.name.empty() || seen.insert(Lower(column.name)).second) continue;
    return RefusedByAnalysis(Cat("Duplicate column name '", column.name, "'"));
  }
  return Taken();
}

Verdict NameColumns(const std::vector<schema::ViewColumn>& named, std::string_view mismatch,
                    std::vector<OutputColumn>* columns) {
  if (named.empty()) return CheckOutputNames(*columns);
  if (named.size() != columns->size()) return RefusedByAnalysis(mismatch);
  for (size_t i = 0; i < named.size(); ++i) (*columns)[i].name = named[i].name;
  return CheckOutputNames(*columns);
}

constexpr std::string_view kOtherCount =
    "View's SELECT and view's field list have different column counts";

bool HasColumn(const std::vector<OutputColumn>& columns, const std::string& name) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const auto& one) { return EqualIgnoringCase(one.name, name); });
}

Verdict CheckInterval(const std::string& every) {
  // "INTERVAL 30 SECOND"
  constexpr int kLeast = 60;
  std::string upper = Upper(every);
  if (upper.find("SECOND") == upper.npos) return Taken();
  size_t digits = upper.find_first_of("0123456789");
  int seconds = digits == upper.npos ? kLeast : std::atoi(upper.c_str() + digits);
  if (seconds >= kLeast) return Taken();
  return Refused(Cat("Refresh schedule interval ", seconds,
                     " is too small which may cost a lot of memory/cpu resources to refresh the "
                     "asynchronous materialized view, please config an interval larger than "
                     "Config.materialized_view_min_refresh_interval(60s)."));
}

// The columns that a table is partitioned by, as far as they are named.
bool IsPartitionedBy(const TableState& table, const std::string& column) {
  if (!table.table.partitioning) return false;
  return std::any_of(table.table.partitioning->terms.begin(), table.table.partitioning->terms.end(),
                     [&](const std::string& term) {
                       std::string lower = Lower(term), name = Lower(column);
                       size_t at = lower.find(name);
                       return at != lower.npos;
                     });
}

Verdict CheckViewPartition(const schema::MaterializedView& view,
                           const std::vector<OutputColumn>& columns, const Catalog& catalog) {
  if (!view.partitioning) return Taken();
  for (const std::string& term : view.partitioning->terms) {
    bool call = term.find('(') != term.npos;
    std::string lower = Lower(term);
    const OutputColumn* found = nullptr;
    for (const OutputColumn& column : columns) {
      if (column.name.empty()) continue;
      bool names = call ? lower.find(Lower(column.name)) != lower.npos
                        : EqualIgnoringCase(term, column.name);
      if (names) found = &column;
    }
    if (found == nullptr) {
      return call ? Unknown(Cat("the column of the partition ", term))
                  : RefusedByAnalysis(Cat("Materialized view partition exp column:", term,
                                          " is not found in query statement"));
    }
    const Entry* base = found->table.empty() ? nullptr : catalog.Find(found->table);
    const TableState* table = base == nullptr ? nullptr : base->table();
    if (table == nullptr) return Unknown(Cat("the table behind the partition column ", term));
    if (IsPartitionedBy(*table, found->column)) continue;
    return RefusedByAnalysis(
        "Materialized view partition column in partition exp must be base table partition column");
  }
  return Taken();
}

Verdict CheckViewParts(const schema::MaterializedView& view,
                       const std::vector<OutputColumn>& columns, const schema::Engine& engine,
                       const Catalog& catalog) {
  if (view.distribution) {
    for (const std::string& name : view.distribution->columns) {
      if (HasColumn(columns, name)) continue;
      return RefusedByAnalysis(Cat("Distribution column(", name, ") doesn't exist."));
    }
  }
  for (const std::string& name : view.order_by) {
    if (!HasColumn(columns, name)) return RefusedByAnalysis(Cat("Sort key not exists: ", name));
  }
  if (view.refresh) RETURN_UNLESS_TAKEN(CheckInterval(view.refresh->every));
  if (view.refresh && view.refresh->mode == schema::Refresh::Mode::kUnknown) {
    return Unknown(Cat("the refresh mode ", view.refresh->word));
  }
  RETURN_UNLESS_TAKEN(CheckViewProperties(view, engine));
  bool none = std::none_of(columns.begin(), columns.end(),
                           [](const OutputColumn& one) { return !one.type || CanBeKey(one.type); });
  if (none) {
    return RefusedByAnalysis("All columns of materialized view cannot be used for keys",
                             kMeasured402);
  }
  return CheckViewPartition(view, columns, catalog);
}

// Fills in what the view reads of its table.
void Describe(const QueryFacts& facts, const TableState& table, SynchronousView* out) {
  out->groups = facts.groups;
  out->understood = table.Is(KeyModel::kDuplicate) && !facts.items.empty();
  for (const Expression& item : facts.items) {
    if (item.name.empty()) {
      out->reads.insert(item.all.begin(), item.all.end());
    } else {
      out->plain.insert(Lower(item.source.column.empty() ? item.name : item.source.column));
    }
  }
}

Verdict CreateSynchronous(const CreateObject& create, Catalog* catalog) {
  const std::string& name = create.object.name.name;
  const auto& view = std::get<schema::MaterializedView>(create.object.definition);
  QueryFacts facts;
  RETURN_UNLESS_TAKEN(ReadQuery(view.query, *catalog, &facts));
  if (facts.relations.size() != 1) {
    return RefusedByAnalysis("The materialized view only support one table in from clause.");
  }
  const std::string& base = *facts.relations.begin();
  const Entry* entry = catalog->Find(base);
  const TableState* table = entry == nullptr ? nullptr : entry->table();
  if (table == nullptr) {
    return RefusedByAnalysis(Cat("Do not support alter non-OLAP table[", base, "]"));
  }
  if (table->Is(KeyModel::kPrimary)) {
    return Refused(Cat("Do not support create materialized view on primary key table[", base, "]"));
  }
  if (!table->Is(KeyModel::kDuplicate) && !facts.groups) {
    return Refused(
        "The materialized view of aggregation or unique table must has grouping columns");
  }
  bool taken = catalog->Has(name);
  for (const auto& [other, one] : catalog->objects) {
    if (one.table() == nullptr) continue;
    for (const SynchronousView& present : one.table()->views) taken = taken || present.name == name;
    for (const schema::Rollup& rollup : one.table()->table.rollups) {
      taken = taken || rollup.name == name;
    }
  }
  if (taken) {
    return create.if_not_exists ? Taken()
                                : Refused(Cat("Materialized view[", name, "] already exists"));
  }
  if (!table->Is(KeyModel::kDuplicate)) {
    return Unknown("a synchronous materialized view of an aggregating table");
  }
  if (!view.properties.empty()) return Unknown("the properties of a synchronous materialized view");
  AddSynchronousView(name, view, catalog);
  return Taken();
}

}  // namespace

void AddSynchronousView(const std::string& name, const schema::MaterializedView& view,
                        Catalog* catalog) {
  QueryFacts facts;
  bool known = ReadQuery(view.query, *catalog, &facts).taken();
  for (const std::string& base : facts.relations) {
    Entry* entry = catalog->Find(base);
    TableState* table = entry == nullptr ? nullptr : entry->table();
    if (table == nullptr) continue;
    SynchronousView& out = table->views.emplace_back();
    out.name = name;
    Describe(facts, *table, &out);
    out.understood = out.understood && known;
  }
}

Verdict ViewColumns(const std::string& query, const std::vector<schema::ViewColumn>& named,
                    const Catalog& catalog, std::vector<OutputColumn>* out) {
  QueryFacts facts;
  RETURN_UNLESS_TAKEN(ReadQuery(query, catalog, &facts));
  *out = std::move(facts.columns);
  return NameColumns(named, kOtherCount, out);
}

Verdict ApplyCreateView(const CreateObject& create, Catalog* catalog) {
  const std::string& name = create.object.name.name;
  const auto& view = std::get<schema::View>(create.object.definition);
  const Entry* present = catalog->Find(name);
  if (catalog->Has(name) && create.if_not_exists) return Taken();
  if (create.or_replace && present != nullptr && present->view() == nullptr) {
    return RefusedByAnalysis(
        Cat("The specified table [", catalog->database, ".", name, "] is not a view"));
  }
  std::vector<OutputColumn> columns;
  RETURN_UNLESS_TAKEN(ViewColumns(view.query, view.columns, *catalog, &columns));
  if (catalog->Has(name) && !create.or_replace) {
    return Refused(Cat("Table '", name, "' already exists"));
  }
  schema::View stored = view;
  if (present != nullptr && stored.security.empty()) stored.security = present->view()->security;
  catalog->objects[name] = {std::move(stored), "", nullptr};
  return Taken();
}

Verdict ApplyCreateMaterializedView(const CreateObject& create, const schema::Engine& engine,
                                    Catalog* catalog) {
  const std::string& name = create.object.name.name;
  const auto& view = std::get<schema::MaterializedView>(create.object.definition);
  if (view.synchronous()) return CreateSynchronous(create, catalog);
  if (catalog->Has(name)) {
    return create.if_not_exists ? Taken() : Refused(Cat("Table '", name, "' already exists"));
  }
  QueryFacts facts;
  RETURN_UNLESS_TAKEN(ReadQuery(view.query, *catalog, &facts));
  if (facts.relations.empty()) {
    return RefusedByAnalysis("Can not find base table in query statement", kMeasured402);
  }
  std::vector<OutputColumn> columns = std::move(facts.columns);
  RETURN_UNLESS_TAKEN(NameColumns(
      view.columns, "Column number of materialized view's schema doesn't match the query's",
      &columns));
  RETURN_UNLESS_TAKEN(CheckViewParts(view, columns, engine, *catalog));
  catalog->objects[name] = {MaterializedViewState{view, true, "", std::move(columns)}, "", nullptr};
  return Taken();
}

}  // namespace stateserver::apply
