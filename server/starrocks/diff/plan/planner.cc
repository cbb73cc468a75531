// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/planner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/diff/compare/compare_tables.h"
#include "server/starrocks/diff/compare/compare_views.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/inactivation.h"
#include "server/starrocks/diff/plan/object_steps.h"
#include "server/starrocks/diff/plan/pairing.h"
#include "server/starrocks/diff/plan/rebuild.h"
#include "server/starrocks/diff/plan/relations.h"
#include "server/starrocks/diff/plan/schema_order.h"
#include "server/starrocks/diff/plan/table_options.h"
#include "server/starrocks/diff/plan/table_plan.h"
#include "server/starrocks/diff/plan/version_limits.h"
#include "server/starrocks/diff/plan/view_plan.h"
#include "server/starrocks/diff/plan/view_types.h"
#include "server/starrocks/query/columns.h"

namespace stateserver::schema {

namespace {

bool IsTable(const Object& object) { return std::holds_alternative<Table>(object.definition); }

class SchemaPlanner {
 public:
  SchemaPlanner(const LiveSchema& from, bool printed, const std::vector<Object>& to,
                const PlanOptions& options)
      : from_(from),
        printed_(printed),
        options_(options),
        meter_(options.meter == nullptr ? own_meter_ : *options.meter),
        pairing_(from, to, options) {}

  absl::StatusOr<Plan> Make() {
    if (!meter_.MayContinue()) return meter_.status();
    RETURN_IF_ERROR(pairing_.ReadOptions());
    FindDrops();
    RETURN_IF_ERROR(OrderAll());
    RETURN_IF_ERROR(CheckRelations(from_, order_, pairing_, &references_, &plan_));
    replaced_ = ReplacedRollups(pairing_, from_.engine, options_.rebuild, &references_);
    DropViews();
    for (const Object* object : order_) {
      if (meter_.MayContinue()) Visit(*object);
    }
    if (!meter_.MayContinue()) return meter_.status();
    for (auto& [step, removed] : deferred_) AddStep(std::move(step), std::move(removed));
    DropTables();
    ListUndeclared();
    removed_.resize(plan_.steps.size());
    plan_.undo_order = UndoOrder(plan_, removed_, pairing_, &references_);
    return std::move(plan_);
  }

 private:
  bool Drops(const ObjectName& name) const {
    if (options_.kept.contains(name)) return false;
    return options_.drop_undeclared || (options_.managed && options_.managed(name));
  }

  void FindDrops() {
    for (const auto& [name, live] : pairing_.mine()) {
      if (pairing_.declared().contains(name)) continue;
      auto unread = options_.unread.find(name);
      if (unread != options_.unread.end()) {
        RefuseUnread(name, unread->second);
      } else if (Drops(name)) {
        dropped_.push_back(&live->object);
      }
    }
  }

  // Orders declared objects, and live ones that stay and may need to be activated.
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
    OrderByForeignKeys(&order_);
    inactivation_.emplace(order_, &references_, &meter_);
    breaking_.emplace(order_, &references_, &meter_);
    readers_.emplace(pairing_, order_, &references_);
    for (const Object* object : order_) columns_.Add(*object);
    for (const auto& [name, live] : pairing_.live()) columns_before_.Add(live->object);
    return absl::OkStatus();
  }

  void DropViews() {
    for (const ObjectName& name : replaced_) AddStep(DropStep(pairing_.Counterpart(name)->object));
    std::vector<const Object*> order =
        DependencyOrder(dropped_, &references_).value_or(std::vector<const Object*>(dropped_));
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      if (IsTable(**at)) continue;
      AddStep(DropStep(**at));
      inactivation_->Touch((*at)->name, {"*"});
    }
  }

  // Children are dropped before the tables that their foreign keys refer to.
  void DropTables() {
    OrderByForeignKeys(&dropped_);
    for (auto at = dropped_.rbegin(); at != dropped_.rend(); ++at) {
      const Object* object = *at;
      if (!IsTable(*object)) continue;
      AddStep(DropStep(*object));
      Warn(object->name, "", "without FORCE the table can be recovered for a while");
    }
  }

  void ListUndeclared() {
    for (const auto& [name, live] : pairing_.mine()) {
      if (pairing_.declared().contains(name) || Drops(name)) continue;
      if (options_.unread.contains(name) || options_.kept.contains(name)) continue;
      plan_.unmanaged.push_back({name, KindOf(live->object), "", "it is not declared"});
    }
  }

  void AddStep(Step step, RemovedColumns removed = {}) {
    removed_.resize(plan_.steps.size());
    removed_.push_back(std::move(removed));
    plan_.steps.push_back(std::move(step));
  }

  void Warn(const ObjectName& name, std::string attribute, std::string message) {
    plan_.warnings.push_back({name, std::move(attribute), std::move(message)});
  }

  void Visit(const Object& object) {
    auto found = pairing_.declared().find(object.name);
    if (found == pairing_.declared().end() || found->second != &object) {
      if (!IsTable(object) && breaking_->Reaches(object)) {
        if (IsRollup(object)) return RefuseReader(object);
        return Warn(object.name, "",
                    "is not declared, and reads a column that is dropped: it breaks");
      }
      return VisitUndeclared(object);
    }
    const LiveObject* live = pairing_.Counterpart(object.name);
    if (live == nullptr || replaced_.contains(object.name)) return Create(object);
    if (live->object.definition.index() != object.definition.index()) {
      return ReplaceKind(live->object, object);
    }
    bool view = std::holds_alternative<View>(object.definition);
    if (view && live->object.name != object.name) return RenameView(live->object, object);
    size_t before = plan_.steps.size();
    Object there = RenameObject(*live, object);
    if (IsTable(object)) return VisitTable(there, object);
    UseRecordedQuery(object, &there);
    if (view) {
      PlanView(there, object, from_.engine, &columns_, &plan_);
      if (plan_.steps.size() > before) {
        inactivation_->Touch(object.name, {"*"});
        Break(object.name, object.name);
      }
      Retype(object);
    } else {
      VisitMaterializedView(*live, there, object);
    }
    // The engine also shows the names of columns that it made up.
    const bool same = plan_.steps.size() == before && printed_;
    if (same && live->object.name == object.name) columns_.Add(live->object);
  }

  // Replaces a live query by the declared one if the engine was seen to show that one so.
  void UseRecordedQuery(const Object& declared, Object* live) {
    if (options_.recorded == nullptr || !printed_) return;
    const std::string& wanted = QueryOf(declared);
    if (!query::IsRecorded(*options_.recorded, QueryOf(*live), wanted, declared.name.database,
                           &columns_)) {
      return;
    }
    if (auto* view = std::get_if<View>(&live->definition)) view->query = wanted;
    if (auto* view = std::get_if<MaterializedView>(&live->definition)) view->query = wanted;
  }

  // Refuses the plan for an object whose CREATE the engine would not accept.
  bool MayCreate(const Object& object) {
    std::vector<Refusal> refusals = CreateLimits(object, from_.engine.version);
    for (Refusal& refusal : refusals) plan_.refusals.push_back(std::move(refusal));
    return refusals.empty() && HasGeneratedColumnsLast(object);
  }

  // CREATE TABLE accepts generated columns only at the end.
  bool HasGeneratedColumnsLast(const Object& object) {
    const auto* table = std::get_if<Table>(&object.definition);
    if (table == nullptr) return true;
    std::string generated;
    for (const Column& column : table->columns) {
      if (column.generated) generated = column.name;
      if (column.generated || generated.empty()) continue;
      plan_.refusals.push_back({object.name, Cat("column ", generated), "", "",
                                "All generated columns must be defined after ordinary columns",
                                Cat("Move ", generated, " behind ", column.name, "."), false});
      return false;
    }
    return true;
  }

  void Create(const Object& object) {
    if (const UnreadObject* unread = pairing_.Unread(object.name)) {
      return RefuseUnread(object.name, unread->reason);
    }
    if (MayCreate(object)) AddStep(CreateStep(object));
  }

  // Replaces an object by one of another kind. A table is kept under another name.
  void ReplaceKind(const Object& live, const Object& declared) {
    if (!MayCreate(declared)) return;
    if (IsTable(live)) {
      ObjectName kept = pairing_.Named(UndoName(live.name.name));
      if (!IsFree(declared.name, kept)) return;
      Step step = RenameStep(live, live.name, kept);
      step.object = declared.name;
      AddStep(std::move(step));
      Warn(declared.name, "", Cat("the table stays as ", kept.name, " until you drop it"));
    } else {
      AddStep(DropStep(live));
    }
    AddStep(CreateStep(declared));
    inactivation_->Touch(live.name, {"*"});
    inactivation_->Touch(declared.name, {"*"});
    Break(live.name, declared.name);
  }

  // Records the columns that `after` does not have any more.
  void Break(const ObjectName& before, const ObjectName& after) {
    query::OutputColumns gone = columns_before_.ColumnsOf(before), now = columns_.ColumnsOf(after);
    if (gone == nullptr || now == nullptr) return;
    std::set<std::string> kept;
    for (const query::OutputColumn& column : *now) kept.insert(Folded(column.name));
    std::vector<std::string> removed;
    for (const query::OutputColumn& column : *gone) {
      if (!kept.contains(Folded(column.name))) removed.push_back(Folded(column.name));
    }
    breaking_->Touch(after, removed);
  }

  // Refuses the plan for `object` if there is something of the name that it needs.
  bool IsFree(const ObjectName& object, const ObjectName& name) {
    if (!pairing_.live().contains(name) && pairing_.Unread(name) == nullptr) return true;
    plan_.refusals.push_back(
        {object, "", "", "", Cat("'", name.name, "' already exists"),
         Cat("It is left from an earlier rebuild: drop ", name.name, " first."), false});
    return false;
  }

  bool MayRebuild(const ObjectName& name) const {
    return options_.rebuild_dependents || options_.rebuild.contains(name.name);
  }

  void VisitMaterializedView(const LiveObject& live, const Object& there, const Object& declared) {
    const auto& view = std::get<MaterializedView>(declared.definition);
    bool stuck = !view.synchronous() && Retype(declared) && !IsRollup(live.object);
    size_t before = plan_.steps.size();
    if (stuck && MayRebuild(declared.name)) {
      RebuildView(there, declared);
    } else {
      PropertyScope scope{!printed_ || options_.complete, nullptr};
      if (options_.set_earlier) {
        scope.earlier = [&](const std::string& key) {
          return options_.set_earlier(declared.name, key);
        };
      }
      PlanMaterializedView(there, declared, from_.engine,
                           {scope, options_.rebuild.contains(declared.name.name), &columns_},
                           &plan_);
    }
    bool swapped =
        plan_.steps.size() > before && plan_.steps.back().step_class == StepClass::kCopySwap;
    bool again = plan_.steps.size() > before && plan_.steps.back().before == kNoObject;
    if (swapped || again) {
      inactivation_->Touch(declared.name, {"*"});
      return Break(declared.name, declared.name);
    }
    if (stuck) return RefuseStuck(declared);
    Activate(there, &live);
  }

  void RebuildView(const Object& live, const Object& declared) {
    if (IsFree(declared.name, pairing_.Named(ShadowName(declared.name.name)))) {
      RebuildMaterializedView(live, declared, from_.engine, &plan_);
    }
  }

  // Records which columns of the view get another type. Returns true if there are some.
  bool Retype(const Object& view) {
    const References& reads = references_.Of(view);
    Retyped changed;
    for (const ObjectName& name : reads.relations) {
      auto found = retyped_.find(name);
      if (found != retyped_.end()) changed.insert(found->second.begin(), found->second.end());
    }
    if (changed.empty()) return false;
    const auto* materialized = std::get_if<MaterializedView>(&view.definition);
    // The live view has the names of all columns.
    const std::vector<ViewColumn>& columns =
        materialized != nullptr ? materialized->columns : std::get<View>(view.definition).columns;
    Retyped outputs = RetypedOutputs(QueryOf(view), columns, changed);
    if (outputs.empty()) return false;
    retyped_[view.name] = std::move(outputs);
    return true;
  }

  // ACTIVE would be rejected after the change, which cannot be undone then.
  void RefuseStuck(const Object& view) {
    std::string columns;
    for (const auto& [name, types] : retyped_[view.name]) {
      AppendTo(&columns, columns.empty() ? "" : ", ", name);
    }
    plan_.refusals.push_back(
        {view.name, kActivity, "active", "",
         Cat("It becomes inactive for good, because the types of its columns change (", columns,
             "): column schema not compatible"),
         "Rebuild it in the same plan.", true});
  }

  // The engine does not drop columns of a synchronous materialized view.
  void RefuseReader(const Object& view) {
    plan_.refusals.push_back({view.name, "", "", "",
                              "The synchronous materialized view reads a column that is dropped",
                              "Drop it first, or declare it.", false});
  }

  // An object that exists on one side only because it could not be read on the other one.
  void RefuseUnread(const ObjectName& name, const std::string& reason) {
    plan_.refusals.push_back({name, "", "", "", Cat("It exists, but was not read: ", reason),
                              "Change it by hand, and exclude it from the comparison.", false});
  }

  // Views have no RENAME.
  void RenameView(const Object& live, const Object& declared) {
    if (!MayCreate(declared)) return;
    AddStep(CreateStep(declared));
    AddStep(DropStep(live));
    inactivation_->Touch(live.name, {"*"});
    inactivation_->Touch(declared.name, {"*"});
    Retype(declared);
  }

  // Renames a table or a materialized view to the declared name.
  Object RenameObject(const LiveObject& live, const Object& declared) {
    Object there = live.object;
    if (there.name == declared.name) return there;
    ObjectName old_name = std::exchange(there.name, declared.name);
    AddStep(RenameStep(there, old_name, declared.name));
    inactivation_->Touch(old_name, {"*"});
    inactivation_->Touch(declared.name, {"*"});
    return there;
  }

  // Keeps what is not declared working after the changes of what it reads.
  void VisitUndeclared(const Object& object) {
    if (IsTable(object)) return;
    const auto* view = std::get_if<MaterializedView>(&object.definition);
    bool stuck = Retype(object) && view != nullptr && !view->synchronous();
    if (!stuck) return Activate(object);
    if (!MayRebuild(object.name)) return RefuseStuck(object);
    RebuildView(object, object);
    inactivation_->Touch(object.name, {"*"});
  }

  void Activate(const Object& object, const LiveObject* live = nullptr) {
    if (live == nullptr) {
      auto found = pairing_.live().find(object.name);
      if (found == pairing_.live().end()) return;
      live = found->second;
    }
    const auto* view = std::get_if<MaterializedView>(&object.definition);
    if (view == nullptr || view->synchronous()) return;
    bool considered = !options_.looked_at || options_.looked_at(object.name);
    if (considered && live->activity && !live->activity->active) {
      Warn(object.name, kActivity,
           Cat("is inactive: ", live->activity->reason, "; ALTER MATERIALIZED VIEW ",
               ShortName(object.name), " ACTIVE activates it, or a rebuild replaces it"));
    }
    if (!inactivation_->Reaches(object)) return;
    inactivation_->Touch(object.name, {"*"});
    if (!live->activity || live->activity->active) AddStep(ActivateStep(object.name));
  }

  TablePlanOptions OptionsFor(const Object& live, const Object& declared) {
    TablePlanOptions options = readers_->OptionsFor(live, declared, replaced_, options_);
    options.properties.complete = !printed_ || options_.complete;
    if (options_.set_earlier) {
      options.properties.earlier = [this, name = declared.name](const std::string& key) {
        return options_.set_earlier(name, key);
      };
    }
    if (options_.former_columns) options.former_columns = options_.former_columns(declared.name);
    return options;
  }

  void VisitTable(const Object& live, const Object& declared) {
    Table there = std::get<Table>(live.definition);
    if (printed_) there = NormalizeLive(there, from_.engine);
    TablePlanOptions options = OptionsFor(live, declared);
    Table wanted = std::get<Table>(declared.definition);
    for (Refusal& refusal :
         RemoveMissingIndexes(declared.name, from_.engine.version, &wanted.indexes)) {
      plan_.refusals.push_back(std::move(refusal));
    }
    // Views stop reading a column before it is dropped.
    std::set<std::string> late = readers_->ReleasedColumns(live.name, there, wanted, replaced_);
    for (const auto& [old_name, new_name] : options.renames) late.erase(Folded(old_name));
    Table first = wanted;
    if (!late.empty()) {
      first = NormalTable(declared.name, wanted, from_.engine);
      first.properties = wanted.properties;  // with those that have their default value
      PutBackColumns(NormalTable(declared.name, there, from_.engine), late, &first.columns);
    }
    std::vector<PlannedStep> steps, late_steps;
    TablePlan table = PlanOne(declared.name, there, first, options, &steps);
    if (!table.refusals.empty() && options_.rebuild.contains(declared.name.name)) {
      return Rebuild(live, declared, options);
    }
    if (!late.empty()) {
      for (const Column& column : wanted.columns) {
        if (FindColumn(there, column.name) == nullptr) {
          options.added_columns.insert(Folded(column.name));
        }
      }
      Table last = table.after;
      std::erase_if(last.columns,
                    [&](const Column& column) { return late.contains(Folded(column.name)); });
      options.properties.complete = true;
      options.renames.clear();
      TablePlan rest = PlanOne(declared.name, table.after, last, options, &late_steps);
      rest.unmanaged.clear();
      Take(declared.name, std::move(rest));
    }
    Take(declared.name, std::move(table));
    for (PlannedStep& one : steps) {
      Note(declared.name, one);
      AddStep(std::move(one.step), {declared.name, std::move(one.removes)});
    }
    for (PlannedStep& one : late_steps) {
      Note(declared.name, one);
      deferred_.emplace_back(std::move(one.step),
                             RemovedColumns{declared.name, std::move(one.removes)});
    }
  }

  struct PlannedStep {
    Step step;
    std::vector<std::string> inactivates, removes;
    Retyped retyped;
  };

  TablePlan PlanOne(const ObjectName& name, const Table& there, const Table& wanted,
                    const TablePlanOptions& options, std::vector<PlannedStep>* out) {
    return PlanTable(name, there, wanted, from_.engine, options, [&](const TableStep& step) {
      if (!meter_.MayContinue()) return;
      out->push_back({Finish(name, step, from_.engine, &meter_), step.inactivates, step.removes,
                      RetypedColumns(step.before, step.after)});
    });
  }

  void Take(const ObjectName& name, TablePlan table) {
    for (Refusal& refusal : table.refusals) {
      refusal.object = name;
      plan_.refusals.push_back(std::move(refusal));
    }
    for (PlanWarning& warning : table.warnings) {
      warning.object = name;
      plan_.warnings.push_back(std::move(warning));
    }
    for (Unmanaged& one : table.unmanaged) {
      one.object = name;
      plan_.unmanaged.push_back(std::move(one));
    }
  }

  void Note(const ObjectName& name, const PlannedStep& step) {
    inactivation_->Touch(name, step.inactivates);
    breaking_->Touch(name, step.removes);
    // Undeclared views read the table under its old name.
    const LiveObject* live = pairing_.Counterpart(name);
    if (live != nullptr) breaking_->Touch(live->object.name, step.removes);
    for (const auto& [column, types] : step.retyped) retyped_[name][column] = types;
  }

  void Rebuild(const Object& live, const Object& declared, const TablePlanOptions& options) {
    if (!MayCreate(declared)) return;
    for (const std::string& name : {ShadowName(declared.name.name), UndoName(declared.name.name)}) {
      if (!IsFree(declared.name, pairing_.Named(name))) return;
    }
    PlanRebuild(live, declared, options.renames, &plan_);
    inactivation_->Touch(declared.name, {"*"});
    Break(live.name, declared.name);
    for (const auto& [column, types] :
         RetypedColumns(std::get<Table>(live.definition), std::get<Table>(declared.definition))) {
      retyped_[declared.name][column] = types;
    }
  }

  const LiveSchema& from_;
  const bool printed_;
  const PlanOptions& options_;
  WorkMeter own_meter_;
  WorkMeter& meter_;
  Pairing pairing_;
  ReferenceCache references_;
  query::SchemaColumns columns_before_, columns_;  // before and after the plan
  std::vector<const Object*> dropped_, order_;
  // Synchronous materialized views that are dropped first and created again.
  std::set<ObjectName> replaced_;
  // Steps that drop columns after the views that read them were changed.
  std::vector<std::pair<Step, RemovedColumns>> deferred_;
  // For each step, the columns that it removes.
  std::vector<RemovedColumns> removed_;
  // Columns that get another type.
  std::map<ObjectName, Retyped> retyped_;
  // Changes that make materialized views inactive, and changes that remove what they read.
  std::optional<Inactivation> inactivation_, breaking_;
  std::optional<TableReaders> readers_;
  Plan plan_;
};

}  // namespace

absl::StatusOr<Plan> MakePlan(const LiveSchema& from, bool printed, const std::vector<Object>& to,
                              const PlanOptions& options) {
  return SchemaPlanner(from, printed, to, options).Make();
}

ObjectKind KindOf(const Object& object) {
  switch (object.definition.index()) {
    case 0:
      return ObjectKind::kTable;
    case 1:
      return ObjectKind::kView;
    default:
      return ObjectKind::kMaterializedView;
  }
}

std::string_view StepClassWord(StepClass step_class) {
  constexpr std::string_view kWords[] = {"metadata", "column", "optimize", "rollup", "copy_swap",
                                         "create",   "drop",   "view",     "mv",     "dml"};
  return kWords[static_cast<size_t>(step_class)];
}

}  // namespace stateserver::schema
