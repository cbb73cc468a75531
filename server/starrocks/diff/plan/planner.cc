// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/planner.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/references/dependency_order.h"
#include "server/starrocks/ddl/references/references.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/inactivation.h"
#include "server/starrocks/diff/plan/pairing.h"
#include "server/starrocks/diff/plan/rebuild.h"
#include "server/starrocks/diff/plan/table_options.h"
#include "server/starrocks/diff/plan/view_plan.h"

namespace stateserver::schema {
namespace {

std::string_view KindWords(const Object& object) {
  constexpr std::string_view kWords[] = {"a table", "a view", "a materialized view"};
  return kWords[object.definition.index()];
}

constexpr size_t kMostLines = 20;  // of one error

bool IsTable(const Object& object) { return std::holds_alternative<Table>(object.definition); }

class Planner {
 public:
  Planner(const LiveSchema& from, bool printed, const std::vector<Object>& to,
          const PlanOptions& options)
      : from_(from),
        printed_(printed),
        options_(options),
        meter_(options.meter == nullptr ? own_meter_ : *options.meter),
        pairing_(from, to, options) {}

  absl::StatusOr<Plan> Run() {
    if (!meter_.MayContinue()) return meter_.status();
    RETURN_IF_ERROR(pairing_.TakeOptions());
    FindDrops();
    RETURN_IF_ERROR(OrderAll());
    RETURN_IF_ERROR(CheckRelations());
    DropViews();
    for (const Object* object : order_) {
      if (meter_.MayContinue()) Visit(*object);
    }
    if (!meter_.MayContinue()) return meter_.status();
    DropTables();
    ListUndeclared();
    return std::move(plan_);
  }

 private:
  bool Drops(const ObjectName& name) const {
    return options_.drop_undeclared || (options_.managed && options_.managed(name));
  }

  // --- order ---------------------------------------------------------------------
  void FindDrops() {
    for (const auto& [name, live] : pairing_.mine()) {
      if (pairing_.declared().contains(name)) continue;
      if (Drops(name)) dropped_.push_back(&live->object);
    }
  }

  // Declared objects, and the live ones that stay and may need to be activated.
  absl::Status OrderAll() {
    std::vector<const Object*> all;
    for (const auto& [name, object] : pairing_.declared()) all.push_back(object);
    std::set<const Object*> dropped(dropped_.begin(), dropped_.end());
    for (const auto& [name, live] : pairing_.live()) {
      bool goes = pairing_.declared().contains(name) || pairing_.IsRenamedAway(*live) ||
                  dropped.contains(&live->object);
      if (!goes) all.push_back(&live->object);
    }
    ASSIGN_OR_RETURN(order_, DependencyOrder(all, &references_));
    inactivation_.emplace(order_, &references_, &meter_);
    breaking_.emplace(order_, &references_, &meter_);
    readers_.emplace(pairing_, order_, &references_);
    return absl::OkStatus();
  }

  // A view on a relation that will not be there.
  absl::Status CheckRelations() {
    std::set<ObjectName> there;
    for (const Object* object : order_) there.insert(object->name);
    for (const UnreadObject& unread : from_.unread) there.insert(unread.name);
    std::string problems;
    const SourcePlace* first = nullptr;
    size_t count = 0;
    for (const auto& [name, object] : pairing_.declared()) {
      for (const ObjectName& read : references_.Of(*object).relations) {
        if (read.database != from_.database || there.contains(read)) continue;
        const SourcePlace& place = object->place;
        if (first == nullptr) first = &place;
        if (++count > kMostLines) continue;
        AppendTo(&problems, problems.empty() ? "" : "\n", place.source, ":", place.line, ":",
                 place.column, ": ", name.Text(), " reads ", read.Text(),
                 ", which is neither declared nor there");
      }
    }
    if (first == nullptr) return absl::OkStatus();
    if (count > kMostLines) AppendTo(&problems, "\nand ", count - kMostLines, " more");
    return Error(Reason::SCHEMA_INVALID, problems, "Declare it, or correct the name.",
                 {{"file", first->source}, {"line", Cat(first->line)}});
  }

  // --- drops ---------------------------------------------------------------------
  void DropViews() {
    std::vector<const Object*> order =
        DependencyOrder(dropped_, &references_).value_or(std::vector<const Object*>(dropped_));
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      if (IsTable(**at)) continue;
      plan_.steps.push_back(DropStep(**at));
      inactivation_->Touch((*at)->name, {"*"});
    }
  }

  void DropTables() {
    for (const Object* object : dropped_) {
      if (!IsTable(*object)) continue;
      plan_.steps.push_back(DropStep(*object));
      Warn(object->name, "", "without FORCE the table can be recovered for a while");
    }
  }

  void ListUndeclared() {
    for (const auto& [name, live] : pairing_.mine()) {
      if (pairing_.declared().contains(name) || Drops(name)) continue;
      plan_.unmanaged.push_back({name, KindOf(live->object), "", "it is not declared"});
    }
  }

  void Warn(const ObjectName& name, std::string attribute, std::string message) {
    plan_.warnings.push_back({name, std::move(attribute), std::move(message)});
  }

  // --- one object ----------------------------------------------------------------
  void Visit(const Object& object) {
    auto found = pairing_.declared().find(object.name);
    if (found == pairing_.declared().end() || found->second != &object) {
      if (!IsTable(object) && breaking_->Reaches(object)) {
        return Warn(object.name, "", "is not declared, and reads a column that goes: it breaks");
      }
      return Activate(object);
    }
    const LiveObject* live = pairing_.Counterpart(object.name);
    if (live == nullptr) {
      plan_.steps.push_back(CreateStep(object));
      return;
    }
    if (live->object.definition.index() != object.definition.index()) {
      plan_.refusals.push_back(
          {object.name, "kind", std::string(KindWords(live->object)),
           std::string(KindWords(object)),
           Cat("There is ", KindWords(live->object), " of this name"),
           "Drop it in a revision before, or give the declaration another name.", false});
      return;
    }
    size_t before = plan_.steps.size();
    Object there = RenameObject(*live, object);
    if (IsTable(object)) return VisitTable(there, object);
    if (std::holds_alternative<View>(object.definition)) {
      PlanView(there, object, from_.engine, &plan_);
      if (plan_.steps.size() > before) inactivation_->Touch(object.name, {"*"});
      return;
    }
    PlanMaterializedView(there, object, from_.engine, options_.rebuild.contains(object.name.name),
                         &plan_);
    bool swapped =
        plan_.steps.size() > before && plan_.steps.back().step_class == StepClass::kCopySwap;
    if (swapped) inactivation_->Touch(object.name, {"*"});
    if (!swapped) Activate(there, live);
  }

  // Gives it the declared name; views have no RENAME.
  Object RenameObject(const LiveObject& live, const Object& declared) {
    Object there = live.object;
    if (there.name == declared.name) return there;
    ObjectName old_name = std::exchange(there.name, declared.name);
    if (std::holds_alternative<View>(there.definition)) {
      plan_.steps.push_back(CreateStep(there));
      plan_.steps.push_back(DropStep(live.object));
      return there;
    }
    auto rename = [&](const ObjectName& from, const ObjectName& to) {
      return Cat(IsTable(there) ? "ALTER TABLE " : "ALTER MATERIALIZED VIEW ", ShortName(from),
                 " RENAME ", ShortName(to));
    };
    Step step{
        declared.name, StepClass::kMetadata, rename(old_name, declared.name), false, false, {}};
    step.undo.statements = {rename(declared.name, old_name)};
    plan_.steps.push_back(std::move(step));
    inactivation_->Touch(old_name, {"*"});
    inactivation_->Touch(declared.name, {"*"});
    return there;
  }

  void Activate(const Object& object, const LiveObject* live = nullptr) {
    if (live == nullptr) {
      auto found = pairing_.live().find(object.name);
      if (found == pairing_.live().end()) return;
      live = found->second;
    }
    const auto* view = std::get_if<MaterializedView>(&object.definition);
    if (view == nullptr || view->synchronous() || !inactivation_->Reaches(object)) return;
    inactivation_->Touch(object.name, {"*"});
    if (live->activity && !live->activity->active) {
      return Warn(object.name, "", Cat("is inactive already: ", live->activity->reason));
    }
    plan_.steps.push_back(ActivateStep(object.name));
  }

  // --- tables --------------------------------------------------------------------
  void VisitTable(const Object& live, const Object& declared) {
    Table there = std::get<Table>(live.definition);
    if (printed_) there = AsPrinted(there, from_.engine);
    TablePlanOptions options = readers_->OptionsFor(live, declared, options_);
    std::vector<Step> steps;
    std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> touched;
    TablePlan table =
        PlanTable(declared.name, there, std::get<Table>(declared.definition), from_.engine, options,
                  [&](const TableStep& step) {
                    if (!meter_.MayContinue()) return;
                    steps.push_back(Finish(declared.name, step, from_.engine, &meter_));
                    touched.emplace_back(step.inactivates, step.removes);
                  });
    if (!table.refusals.empty() && options_.rebuild.contains(declared.name.name)) {
      return Rebuild(live, declared, options);
    }
    for (Refusal& refusal : table.refusals) {
      refusal.object = declared.name;
      plan_.refusals.push_back(std::move(refusal));
    }
    for (PlanWarning& warning : table.warnings) {
      warning.object = declared.name;
      plan_.warnings.push_back(std::move(warning));
    }
    for (Unmanaged& one : table.unmanaged) {
      one.object = declared.name;
      plan_.unmanaged.push_back(std::move(one));
    }
    for (Step& step : steps) plan_.steps.push_back(std::move(step));
    for (const auto& [inactivates, removes] : touched) {
      inactivation_->Touch(declared.name, inactivates);
      breaking_->Touch(declared.name, removes);
    }
  }

  void Rebuild(const Object& live, const Object& declared, const TablePlanOptions& options) {
    for (const std::string& name : {ShadowName(declared.name.name), UndoName(declared.name.name)}) {
      if (!pairing_.live().contains(pairing_.Named(name))) continue;
      plan_.refusals.push_back({declared.name, "", "", "", Cat("Table '", name, "' already exists"),
                                Cat("It is left from an earlier rebuild: drop ", name, " first."),
                                false});
      return;
    }
    PlanRebuild(live, declared, options.renames, &plan_);
    inactivation_->Touch(declared.name, {"*"});
  }

  const LiveSchema& from_;
  const bool printed_;
  const PlanOptions& options_;
  WorkMeter own_meter_;
  WorkMeter& meter_;
  Pairing pairing_;
  ReferenceCache references_;
  std::vector<const Object*> dropped_, order_;
  // What makes materialized views inactive, and what takes away what they read.
  std::optional<Inactivation> inactivation_, breaking_;
  std::optional<TableReaders> readers_;
  Plan plan_;
};

}  // namespace

absl::StatusOr<Plan> MakePlan(const LiveSchema& from, bool printed, const std::vector<Object>& to,
                              const PlanOptions& options) {
  return Planner(from, printed, to, options).Run();
}

}  // namespace stateserver::schema
