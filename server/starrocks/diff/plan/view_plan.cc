// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/view_plan.h"

#include <algorithm>
#include <array>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/compare_views.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/object_steps.h"
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

  void PlanChange(const MaterializedViewOptions& options) {
    Comparison comparison = CompareMaterializedViews(declared_.name, there_, wanted_, engine_,
                                                     options.properties, options.columns);
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
    // CREATE accepts what a rebuild would make, unless a refusal says otherwise.
    bool possible = std::all_of(refusals.begin(), refusals.end(),
                                [](const Refusal& refusal) { return refusal.rebuild; });
    if (!refusals.empty() && options.rebuild && possible) return Rebuild();
    for (const Refusal& refusal : refusals) plan_.refusals.push_back(refusal);
    for (const Difference& one : comparison.differences) {
      if (one.attribute == "refresh" && !WhyNot(one)) SetRefresh();
    }
    for (const Difference& one : comparison.differences) {
      if (IsProperty(one) && !WhyNot(one)) SetProperty(one);
    }
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

 private:
  static bool IsProperty(const Difference& one) { return one.attribute.starts_with("property "); }

  std::string Alter(std::string_view what) const {
    return Cat("ALTER MATERIALIZED VIEW ", ShortName(declared_.name), " ", what);
  }

  static std::string KeyOf(const Difference& one) {
    return one.attribute.substr(std::string_view("property ").size());
  }

  static bool IsDeferred(const MaterializedView& view) {
    return view.refresh && view.refresh->moment == Refresh::Moment::kDeferred;
  }

  bool IsManual() const {
    return wanted_.refresh && wanted_.refresh->mode == Refresh::Mode::kManual;
  }

  std::optional<Refusal> WhyNot(const Difference& one) const {
    bool kept = IsDeferred(there_) == IsDeferred(wanted_);
    if (one.attribute == "refresh" && kept) return std::nullopt;
    Refusal refusal{declared_.name,
                    one.attribute,
                    one.live,
                    one.declared,
                    "",
                    "Rebuild it: this creates a new one and swaps them.",
                    true};
    if (IsProperty(one)) return WhyNotProperty(one, std::move(refusal));
    if (one.attribute == "refresh") {
      refusal.reason = "ALTER MATERIALIZED VIEW … REFRESH does not change DEFERRED";
      refusal.hint = Cat(IsDeferred(there_) ? "Declare DEFERRED" : "Declare it without DEFERRED",
                         " to keep it, or rebuild it.");
      return refusal;
    }
    refusal.reason = Cat("The ", one.attribute, " of a materialized view cannot be changed");
    return refusal;
  }

  std::optional<Refusal> WhyNotProperty(const Difference& one, Refusal refusal) const {
    // Neither SET nor CREATE accepts these with REFRESH MANUAL.
    constexpr std::array<std::string_view, 3> kAutomatic = {
        "excluded_trigger_tables", "excluded_refresh_tables", "auto_refresh_partitions_limit"};
    constexpr std::array<std::string_view, 6> kFixed = {"replication_num",    "storage_medium",
                                                        "replicated_storage", "colocate_with",
                                                        "mv_sort_keys",       "bucket_size"};
    std::string key = KeyOf(one);
    if (one.declared.empty()) {
      refusal.reason = Cat("An earlier revision set ", key,
                           ", the declaration does not name it, and no statement unsets it");
      refusal.hint = Cat("Write \"", key, "\" = ", one.live,
                         " into the declaration to keep it, or rebuild the materialized view.");
      return refusal;
    }
    if (IsManual() && Has(kAutomatic, key)) {
      refusal.reason = Cat("The property ", key, " does not support manual refresh mode");
      refusal.hint = "Remove the property, or declare REFRESH ASYNC.";
      refusal.rebuild = false;
      return refusal;
    }
    if (key == "mv_partition_compensate_mode") {
      refusal.reason = Cat("Modify failed because unknown properties: {", key, "}");
      refusal.hint = Cat("Write it as \"session.", key, "\", or remove it.");
      refusal.rebuild = false;
      return refusal;
    }
    if (!Has(kFixed, key)) return std::nullopt;
    refusal.reason = Cat("Modify failed because unknown properties: {", key, "}");
    return refusal;
  }

  template <size_t kSize>
  static bool Has(const std::array<std::string_view, kSize>& list, std::string_view key) {
    return std::find(list.begin(), list.end(), key) != list.end();
  }

  // A synchronous materialized view is a part of its table.
  void Again() {
    plan_.steps.push_back(DropStep(live_));
    plan_.steps.push_back(CreateStep(declared_));
  }

  static std::string RefreshClause(const MaterializedView& view) {
    MaterializedView only;
    only.refresh = view.refresh.value_or(Refresh{});
    // The engine does not print IMMEDIATE, and takes DEFERRED as it is given.
    if (only.refresh->moment == Refresh::Moment::kImmediate) {
      only.refresh->moment = Refresh::Moment::kNotSaid;
    }
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

  // Of two properties in one SET, the engine applies only one.
  void SetProperty(const Difference& one) {
    std::string key = KeyOf(one);
    auto set = [&](const std::string& value) {
      return Alter(Cat("SET (", PrintPropertyList({{key, value}}, ", "), ")"));
    };
    auto wanted = wanted_.properties.find(key);
    auto known = DefaultViewProperty(key);
    Step step{declared_.name,
              StepClass::kMaterializedView,
              set(wanted != wanted_.properties.end() ? wanted->second : known.value_or("")),
              false,
              false,
              {}};
    auto old = there_.properties.find(key);
    if (old != there_.properties.end()) {
      step.undo.statements = {set(old->second)};
    } else if (known) {
      step.undo.statements = {set(*known)};
    } else {
      step.undo = {Reversibility::kImpossible, {}, Cat("No statement unsets the property ", key)};
    }
    plan_.steps.push_back(std::move(step));
  }

  void CopySwap(std::string statement, std::vector<std::string> undo) {
    Step step{declared_.name, StepClass::kCopySwap, std::move(statement), false, false, {}};
    step.undo.statements = std::move(undo);
    plan_.steps.push_back(std::move(step));
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
                          const MaterializedViewOptions& options, Plan* plan) {
  MaterializedViewPlanner(live, declared, engine, plan).PlanChange(options);
}

void RebuildMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                             Plan* plan) {
  MaterializedViewPlanner(live, declared, engine, plan).Rebuild();
}

}  // namespace stateserver::schema
