// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/relations.h"

#include <functional>
#include <variant>

#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/diff/compare/compare_views.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/schema_order.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

namespace {

constexpr size_t kMostLines = 20;  // lines of one error

// Returns true if a column that the view reads is dropped, renamed or changed.
bool ReadsChangedColumn(const Object& view, const Pairing& pairing, const Engine& engine,
                        const std::set<std::string>& rebuild, ReferenceCache* references) {
  const References& reads = references->Of(view);
  for (const ObjectName& name : reads.relations) {
    auto declared = pairing.declared().find(name);
    const LiveObject* live = pairing.Counterpart(name);
    if (live == nullptr || declared == pairing.declared().end()) continue;
    if (rebuild.contains(name.name)) return true;
    const auto* now = std::get_if<Table>(&live->object.definition);
    const auto* wanted = std::get_if<Table>(&declared->second->definition);
    if (now == nullptr || wanted == nullptr) return true;
    Table before = NormalTable(name, *now, engine);
    Table after = NormalTable(name, *wanted, engine);
    const ColumnLookup lookup(after);
    for (Column& column : before.columns) {
      if (!reads.columns.contains(Folded(column.name))) continue;
      const Column* same = lookup.Find(column.name);
      if (same == nullptr) return true;
      column.comment = same->comment;
      if (NormalColumnText(column) != NormalColumnText(*same)) return true;
    }
  }
  return false;
}

using IsMissing = std::function<bool(const ObjectName&)>;

void WarnOfQuery(const Object& view, const References& reads, const IsMissing& is_missing,
                 Plan* plan) {
  if (!reads.unclear.empty()) {
    plan->warnings.push_back({view.name, "query",
                              Cat("is not understood (", reads.unclear,
                                  "): it is compared as text, and runs after every object that "
                                  "it names")});
    return;
  }
  std::string missing;
  for (const ObjectName& read : reads.relations) {
    if (is_missing(read)) AppendTo(&missing, missing.empty() ? "" : ", ", read.Text());
  }
  if (missing.empty()) return;
  const SourcePlace& place = view.place;
  plan->warnings.push_back(
      {view.name, "query",
       Cat("reads ", missing, ", which is not declared and does not exist (", place.source, ":",
           place.line, ":", place.column, "): the engine will refuse it")});
}

absl::Status CheckParents(const Pairing& pairing, const IsMissing& is_missing) {
  std::string problems;
  const SourcePlace* first = nullptr;
  size_t count = 0;
  for (const auto& [name, object] : pairing.declared()) {
    for (const ObjectName& parent : ParentsOf(*object)) {
      if (!is_missing(parent)) continue;
      const SourcePlace& place = object->place;
      if (first == nullptr) first = &place;
      if (++count > kMostLines) continue;
      AppendTo(&problems, problems.empty() ? "" : "\n", place.source, ":", place.line, ":",
               place.column, ": a foreign key of ", name.Text(), " refers to ", parent.Text(),
               ", which is not declared and does not exist");
    }
  }
  if (first == nullptr) return absl::OkStatus();
  if (count > kMostLines) AppendTo(&problems, "\nand ", count - kMostLines, " more");
  return Error(Reason::SCHEMA_INVALID, problems, "Declare it, or correct the name.",
               {{"file", first->source}, {"line", Cat(first->line)}});
}

}  // namespace

absl::Status CheckRelations(const LiveSchema& from, const std::vector<const Object*>& after,
                            const Pairing& pairing, ReferenceCache* references, Plan* plan) {
  std::set<ObjectName> there;
  for (const Object* object : after) there.insert(object->name);
  for (const UnreadObject& unread : from.unread) there.insert(unread.name);
  auto is_missing = [&](const ObjectName& name) {
    return name.database == from.database && !there.contains(name);
  };
  for (const auto& [name, object] : pairing.declared()) {
    WarnOfQuery(*object, references->Of(*object), is_missing, plan);
  }
  return CheckParents(pairing, is_missing);
}

std::set<ObjectName> ReplacedRollups(const Pairing& pairing, const Engine& engine,
                                     const std::set<std::string>& rebuild,
                                     ReferenceCache* references) {
  std::set<ObjectName> replaced;
  for (const auto& [name, object] : pairing.declared()) {
    const LiveObject* live = pairing.Counterpart(name);
    if (live == nullptr || live->object.name != name || !IsRollup(live->object)) continue;
    if (!IsRollup(*object)) continue;
    const auto &there = std::get<MaterializedView>(live->object.definition),
               &wanted = std::get<MaterializedView>(object->definition);
    bool changed = !CompareMaterializedViews(name, there, wanted, engine).differences.empty();
    if (changed || ReadsChangedColumn(live->object, pairing, engine, rebuild, references))
      replaced.insert(name);
  }
  return replaced;
}

}  // namespace stateserver::schema
