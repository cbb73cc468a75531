// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/view_plan.h"

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/diff/compare/compare_views.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/query/database.h"

namespace stateserver::schema {

namespace {

bool HasComments(const View& view) {
  return !view.comment.empty() ||
         std::any_of(view.columns.begin(), view.columns.end(),
                     [](const ViewColumn& column) { return !column.comment.empty(); });
}

std::string SecurityOf(const View& view) { return view.security.empty() ? "NONE" : view.security; }

std::string SetSecurity(const ObjectName& name, const View& view) {
  return Cat("ALTER VIEW ", ShortName(name), " SET SECURITY ", SecurityOf(view));
}

std::string Replace(const ObjectName& name, const View& view) {
  std::string text = PrintView({"", name.name}, view);
  constexpr std::string_view kCreate = "CREATE ";
  return Cat("CREATE OR REPLACE ", text.substr(kCreate.size()));
}

std::string Alter(const ObjectName& name, const View& view) {
  std::vector<std::string> names;
  for (const ViewColumn& column : view.columns) names.push_back(column.name);
  return Cat("ALTER VIEW ", ShortName(name), names.empty() ? "" : Cat(" (", PrintNames(names), ")"),
             " AS ", view.query);
}

// ViewChanges holds the differences of a view.
struct ViewChanges {
  bool security = false, other = false;
};

ViewChanges Changes(const ObjectName& name, const View& live, const View& declared,
                    query::ColumnSource* columns) {
  ViewChanges out;
  for (const auto& one : CompareViews(name, live, declared, columns).differences) {
    (one.attribute == "security" ? out.security : out.other) = true;
  }
  return out;
}

// ALTER VIEW clears comments, so it is not usable if there are some.
std::vector<std::string> Statements(const ObjectName& name, const View& live, const View& declared,
                                    query::ColumnSource* columns) {
  ViewChanges changes = Changes(name, live, declared, columns);
  std::vector<std::string> out;
  if (changes.other) {
    bool comments = HasComments(live) || HasComments(declared);
    View replacement = declared;
    replacement.security.clear();  // unchanged: the replacement keeps it
    out.push_back(comments ? Replace(name, replacement) : Alter(name, declared));
  }
  if (changes.security) out.push_back(SetSecurity(name, declared));
  return out;
}

class MaterializedViewPlanner {
 public:
  MaterializedViewPlanner(const Object& live, const Object& declared, const Engine& engine,
                          Plan* plan)
      : live_(live),
        declared_(declared),
        there_(std::get<MaterializedView>(live.definition)),
        wanted_(std::get<MaterializedView>(declared.definition)),
        engine_(engine),
        plan_(*plan) {}

  void PlanChange(bool rebuild) {
    Comparison comparison = CompareMaterializedViews(declared_.name, there_, wanted_, engine_);
    for (const UnmanagedAttribute& one : comparison.unmanaged) {
      plan_.unmanaged.push_back(
          {declared_.name, ObjectKind::kMaterializedView, one.attribute, one.reason});
    }
    if (there_.synchronous() || wanted_.synchronous()) {
      if (!comparison.differences.empty()) Again();
      return;
    }
    std::vector<Refusal> refusals;
    for (const Difference& one : comparison.differences) {
      if (auto refusal = WhyNot(one)) refusals.push_back(*refusal);
    }
    if (!refusals.empty() && rebuild) return Rebuild();
    for (const Refusal& refusal : refusals) plan_.refusals.push_back(refusal);
    for (const Difference& one : comparison.differences) {
      if (one.attribute == "refresh" && !WhyNot(one)) SetRefresh();
    }
    SetProperties(comparison);
  }

 private:
  static bool IsProperty(const Difference& one) { return one.attribute.starts_with("property "); }

  std::string Alter(std::string_view what) const {
    return Cat("ALTER MATERIALIZED VIEW ", ShortName(declared_.name), " ", what);
  }

  static bool IsDeferred(const MaterializedView& view) {
    return view.refresh && view.refresh->moment == Refresh::Moment::kDeferred;
  }

  std::optional<Refusal> WhyNot(const Difference& one) const {
    Refusal refusal{declared_.name,
                    one.attribute,
                    one.live,
                    one.declared,
                    "",
                    "Rebuild it: this creates a new one and swaps them.",
                    true};
    if (one.attribute == "refresh") {
      if (IsDeferred(there_) == IsDeferred(wanted_)) return std::nullopt;
      refusal.reason = "ALTER MATERIALIZED VIEW … REFRESH does not keep DEFERRED";
    } else if (IsProperty(one)) {
      if (one.attribute != "property replication_num") return std::nullopt;
      refusal.reason = "Modify failed because unknown properties: {replication_num}";
    } else {
      refusal.reason = Cat("The ", one.attribute, " of a materialized view cannot be changed");
    }
    return refusal;
  }

  // A synchronous materialized view is a part of its table.
  void Again() {
    plan_.steps.push_back(DropStep(live_));
    plan_.steps.push_back(CreateStep(declared_));
  }

  static std::string RefreshClause(const MaterializedView& view) {
    MaterializedView only;
    only.refresh = view.refresh.value_or(Refresh{});
    only.refresh->moment = Refresh::Moment::kNotSaid;
    return PrintRefresh(*only.refresh);
  }

  void SetRefresh() {
    Step step{declared_.name,
              StepClass::kMaterializedView,
              Alter(RefreshClause(wanted_)),
              false,
              false,
              {}};
    step.undo.statements = {Alter(RefreshClause(there_))};
    plan_.steps.push_back(std::move(step));
  }

  void SetProperties(const Comparison& comparison) {
    Properties values, before;
    std::string unset;
    for (const Difference& one : comparison.differences) {
      if (!IsProperty(one) || WhyNot(one)) continue;
      std::string key = one.attribute.substr(std::string_view("property ").size());
      values[key] = wanted_.properties.at(key);
      auto old = there_.properties.find(key);
      if (old != there_.properties.end()) {
        before[key] = old->second;
      } else if (key == "mv_rewrite_staleness_second") {
        before[key] = "0";
      } else {
        unset = key;
      }
    }
    if (values.empty()) return;
    Step step{declared_.name,
              StepClass::kMaterializedView,
              Alter(Cat("SET (", PrintPropertyList(values, ", "), ")")),
              false,
              false,
              {}};
    if (unset.empty()) {
      step.undo.statements = {Alter(Cat("SET (", PrintPropertyList(before, ", "), ")"))};
    } else {
      step.undo = {Reversibility::kImpossible, {}, Cat("No statement unsets the property ", unset)};
    }
    plan_.steps.push_back(std::move(step));
  }

  void CopySwap(std::string statement, std::vector<std::string> undo) {
    Step step{declared_.name, StepClass::kCopySwap, std::move(statement), false, false, {}};
    step.undo.statements = std::move(undo);
    plan_.steps.push_back(std::move(step));
  }

  void Rebuild() {
    if (auto missing = Missing(Feature::kMaterializedViewSwap, engine_.version)) {
      plan_.refusals.push_back({declared_.name, "", "", "", *missing,
                                "Drop the materialized view and create it again.", false});
      return;
    }
    Object beside = declared_;
    beside.name.name += "__new";
    Object old = live_;
    old.name = beside.name;
    std::string refresh =
        Cat("REFRESH MATERIALIZED VIEW ", ShortName(beside.name), " WITH SYNC MODE");
    std::string swap = Alter(Cat("SWAP WITH ", ShortName(beside.name)));
    CopySwap(CreateStatement(beside), {DropStatement(beside)});
    CopySwap(refresh, {});
    CopySwap(swap, {swap});
    CopySwap(DropStatement(beside), {CreateStatement(old), refresh});
  }

  const Object &live_, &declared_;
  const MaterializedView &there_, &wanted_;
  const Engine& engine_;
  Plan& plan_;
};

}  // namespace

void PlanView(const Object& live, const Object& declared, const Engine& engine,
              query::ColumnSource* columns, Plan* plan) {
  View there = std::get<View>(live.definition);
  const View& wanted = std::get<View>(declared.definition);
  const ObjectName& name = declared.name;
  // The undo puts this query back, and the engine adds brackets each time.
  there.query = query::WithoutDatabase(there.query, name.database);
  View reachable = wanted;
  if (Changes(name, there, wanted, columns).security) {
    if (auto missing = Missing(Feature::kViewSecurity, engine.version)) {
      plan->refusals.push_back({name, "security", SecurityOf(there), SecurityOf(wanted), *missing,
                                "Drop the view and create it again.", false});
      reachable.security = there.security;
    }
  }
  // Each step is undone by the statements that lead back from it; the security comes last.
  std::vector<std::string> statements = Statements(name, there, reachable, columns);
  bool last_is_security = Changes(name, there, reachable, columns).security;
  View now = there;
  for (size_t i = 0; i < statements.size(); ++i) {
    bool security = last_is_security && i + 1 == statements.size();
    View next = security ? now : reachable;
    next.security = security ? reachable.security : now.security;
    Step step{name, StepClass::kView, statements[i], false, false, {}};
    step.undo.statements = Statements(name, next, now, columns);
    plan->steps.push_back(std::move(step));
    now = next;
  }
}

void PlanMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                          bool rebuild, Plan* plan) {
  MaterializedViewPlanner(live, declared, engine, plan).PlanChange(rebuild);
}

Inactivation::Inactivation(const std::vector<const Object*>& objects, ReferenceCache* references,
                           WorkMeter* meter)
    : references_(*references), meter_(*meter) {
  for (const Object* object : objects) {
    if (!std::holds_alternative<Table>(object->definition)) views_[object->name] = object;
  }
}

void Inactivation::Touch(const ObjectName& name, const std::vector<std::string>& columns) {
  if (!columns.empty()) touched_[name].insert(columns.begin(), columns.end());
}

bool Inactivation::Reaches(const Object& view) const {
  if (touched_.empty()) return false;
  std::set<ObjectName> seen;
  return Reaches(view, {}, false, &seen);
}

// `columns` are the names that the queries above use. A view in between passes on more than they
// need, so columns that they do not name count only if the view itself names them.
bool Inactivation::Reaches(const Object& view, const std::set<std::string>& columns, bool star,
                           std::set<ObjectName>* seen) const {
  auto found = views_.find(view.name);
  if (found == views_.end() || !seen->insert(view.name).second) return false;
  const References& reads = references_.Of(*found->second);
  if (!meter_.MayContinue(static_cast<int64_t>(columns.size() + reads.words.size()))) return false;
  std::set<std::string> words = columns;
  words.insert(reads.words.begin(), reads.words.end());
  bool all = star || reads.star;
  return std::any_of(reads.relations.begin(), reads.relations.end(), [&](const ObjectName& name) {
    if (auto touched = touched_.find(name); touched != touched_.end()) {
      bool hit = std::any_of(touched->second.begin(), touched->second.end(),
                             [&](const std::string& column) {
                               return column == "*" || all || words.contains(column);
                             });
      if (hit) return true;
    }
    auto between = views_.find(name);
    return between != views_.end() && Reaches(*between->second, words, all, seen);
  });
}

}  // namespace stateserver::schema
