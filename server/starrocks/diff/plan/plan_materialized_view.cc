// SPDX-License-Identifier: Apache-2.0
//
// Materialized views: refresh and properties change in place; the rest is built
// beside.
#include <map>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"
#include "server/starrocks/diff/compare/compare_views.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/diff/plan/view_plan.h"

namespace stateserver::schema {
namespace {

class Work {
 public:
  Work(const Object& live, const Object& declared, const Engine& engine, Plan* plan)
      : live_(live),
        declared_(declared),
        there_(std::get<MaterializedView>(live.definition)),
        wanted_(std::get<MaterializedView>(declared.definition)),
        engine_(engine),
        plan_(*plan) {}

  void Run(bool rebuild) {
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
                    Cat("--rebuild ", declared_.name.name, " builds it beside and swaps."),
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

  // A synchronous one is a part of its table.
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
      step.undo = {Reversibility::kImpossible, {}, Cat("Nothing unsets the property ", unset)};
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

void PlanMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                          bool rebuild, Plan* plan) {
  Work(live, declared, engine, plan).Run(rebuild);
}

}  // namespace stateserver::schema
