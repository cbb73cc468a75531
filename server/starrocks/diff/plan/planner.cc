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
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/rebuild.h"
#include "server/starrocks/diff/plan/table_options.h"
#include "server/starrocks/diff/plan/table_plan.h"
#include "server/starrocks/diff/plan/version_limits.h"
#include "server/starrocks/diff/plan/view_plan.h"
#include "server/starrocks/query/columns.h"
#include "server/starrocks/query/database.h"

namespace stateserver::schema {

namespace {

std::string_view KindWords(const Object& object) {
  constexpr std::string_view kWords[] = {"a table", "a view", "a materialized view"};
  return kWords[object.definition.index()];
}

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
    CheckRelations();
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
    inactivation_.emplace(order_, &references_, &meter_);
    breaking_.emplace(order_, &references_, &meter_);
    readers_.emplace(pairing_, order_, &references_);
    for (const Object* object : order_) columns_.Add(*object);
    return absl::OkStatus();
  }

  // Warns of queries that were not understood, and of relations that will not exist.
  void CheckRelations() {
    std::set<ObjectName> there;
    for (const Object* object : order_) there.insert(object->name);
    for (const UnreadObject& unread : from_.unread) there.insert(unread.name);
    for (const auto& [name, object] : pairing_.declared()) {
      const References& reads = references_.Of(*object);
      if (!reads.unclear.empty()) {
        Warn(name, "query",
             Cat("is not understood (", reads.unclear, "): it is compared as text, and runs after ",
                 "every object that it names"));
        continue;
      }
      std::string missing;
      for (const ObjectName& read : reads.relations) {
        if (read.database != from_.database || there.contains(read)) continue;
        AppendTo(&missing, missing.empty() ? "" : ", ", read.Text());
      }
      if (missing.empty()) continue;
      const SourcePlace& place = object->place;
      Warn(name, "query",
           Cat("reads ", missing, ", which is not declared and does not exist (", place.source, ":",
               place.line, ":", place.column, "): the engine will refuse it"));
    }
  }

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
      if (options_.unread.contains(name) || options_.kept.contains(name)) continue;
      plan_.unmanaged.push_back({name, KindOf(live->object), "", "it is not declared"});
    }
  }

  void Warn(const ObjectName& name, std::string attribute, std::string message) {
    plan_.warnings.push_back({name, std::move(attribute), std::move(message)});
  }

  void Visit(const Object& object) {
    auto found = pairing_.declared().find(object.name);
    if (found == pairing_.declared().end() || found->second != &object) {
      if (!IsTable(object) && breaking_->Reaches(object)) {
        return Warn(object.name, "",
                    "is not declared, and reads a column that is dropped: it breaks");
      }
      return Activate(object);
    }
    const LiveObject* live = pairing_.Counterpart(object.name);
    if (live == nullptr) return Create(object);
    if (live->object.definition.index() != object.definition.index()) {
      plan_.refusals.push_back(
          {object.name, "kind", std::string(KindWords(live->object)),
           std::string(KindWords(object)),
           Cat("There is ", KindWords(live->object), " of this name"),
           "Drop it in an earlier revision, or give the declaration another name.", false});
      return;
    }
    size_t before = plan_.steps.size();
    Object there = RenameObject(*live, object);
    if (IsTable(object)) return VisitTable(there, object);
    if (std::holds_alternative<View>(object.definition)) {
      PlanView(there, object, from_.engine, &columns_, &plan_);
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

  void Create(const Object& object) {
    if (const UnreadObject* unread = pairing_.Unread(object.name)) {
      return RefuseUnread(object.name, unread->reason);
    }
    std::vector<Refusal> refusals = CreateLimits(object, from_.engine.version);
    if (refusals.empty()) plan_.steps.push_back(CreateStep(object));
    for (Refusal& refusal : refusals) plan_.refusals.push_back(std::move(refusal));
  }

  // An object that exists on one side only because it could not be read on the other one.
  void RefuseUnread(const ObjectName& name, const std::string& reason) {
    plan_.refusals.push_back({name, "", "", "", Cat("It exists, but was not read: ", reason),
                              "Change it by hand, and exclude it from the comparison.", false});
  }

  // Renames the object to the declared name; views have no RENAME.
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

  void VisitTable(const Object& live, const Object& declared) {
    Table there = std::get<Table>(live.definition);
    if (printed_) there = NormalizeLive(there, from_.engine);
    TablePlanOptions options = readers_->OptionsFor(live, declared, options_);
    std::vector<Step> steps;
    std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> touched;
    Table wanted = std::get<Table>(declared.definition);
    for (Refusal& refusal :
         RemoveMissingIndexes(declared.name, from_.engine.version, &wanted.indexes)) {
      plan_.refusals.push_back(std::move(refusal));
    }
    TablePlan table =
        PlanTable(declared.name, there, wanted, from_.engine, options, [&](const TableStep& step) {
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
      ObjectName taken = pairing_.Named(name);
      if (!pairing_.live().contains(taken) && pairing_.Unread(taken) == nullptr) continue;
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
  query::SchemaColumns columns_;  // after the plan
  std::vector<const Object*> dropped_, order_;
  // Changes that make materialized views inactive, and changes that remove what they read.
  std::optional<Inactivation> inactivation_, breaking_;
  std::optional<TableReaders> readers_;
  Plan plan_;
};

absl::Status Invalid(const std::string& sentence, const std::string& hint) {
  return Error(Reason::ARGUMENT_INVALID, sentence, hint, {{"field", "renames"}});
}

const Table* TableOf(const Object* object) {
  return object == nullptr ? nullptr : std::get_if<Table>(&object->definition);
}

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

Pairing::Pairing(const LiveSchema& from, const std::vector<Object>& to, const PlanOptions& options)
    : from_(from), options_(options) {
  auto looked_at = [&](const ObjectName& name) {
    return !options.looked_at || options.looked_at(name);
  };
  for (const LiveObject& one : from.objects) {
    if (options.meter != nullptr && !options.meter->MayContinue()) return;
    live_[one.object.name] = &one;
    if (looked_at(one.object.name)) mine_[one.object.name] = &one;
  }
  for (const Object& object : to) {
    if (options.meter != nullptr && !options.meter->MayContinue()) return;
    if (looked_at(object.name)) declared_[object.name] = &object;
  }
}

absl::Status Pairing::ReadOptions() {
  for (const Rename& rename : options_.renames) {
    RETURN_IF_ERROR(rename.table.empty() ? ReadObjectRename(rename) : ReadColumnRename(rename));
  }
  for (const std::string& name : options_.rebuild) RETURN_IF_ERROR(CheckRebuild(name));
  return absl::OkStatus();
}

absl::Status Pairing::ReadObjectRename(const Rename& rename) {
  ObjectName old_name = Named(rename.old_name), new_name = Named(rename.new_name);
  if (!mine_.contains(old_name)) {
    return Invalid(Cat("There is no ", old_name.Text(), " to be renamed."),
                   "Give the existing name first: OLD=NEW.");
  }
  if (!declared_.contains(new_name)) {
    return Invalid(Cat(new_name.Text(), " is not declared, so nothing can be renamed to it."),
                   "Declare the object under its new name.");
  }
  if (mine_.contains(new_name) || Unread(new_name) != nullptr) {
    return Invalid(Cat("There is a ", new_name.Text(), " already."),
                   "Rename that one as well, or choose another name.");
  }
  renamed_[new_name] = mine_[old_name];
  renamed_away_.insert(mine_[old_name]);
  mine_.erase(old_name);
  return absl::OkStatus();
}

// After the renames of objects, in the given order, the table has its new name.
absl::Status Pairing::ReadColumnRename(const Rename& rename) {
  ObjectName name = Named(rename.table);
  const LiveObject* counterpart = Counterpart(name);
  auto found = declared_.find(name);
  const Table* live = TableOf(counterpart == nullptr ? nullptr : &counterpart->object);
  const Table* declared = TableOf(found == declared_.end() ? nullptr : found->second);
  if (live == nullptr || declared == nullptr) {
    return Invalid(Cat("Column ", rename.old_name, " cannot be renamed: table ", name.Text(),
                       " does not exist on both sides."),
                   "Name the table as it is declared: TABLE.OLD=NEW.");
  }
  if (FindColumn(*live, rename.old_name) == nullptr) {
    return Invalid(Cat("The table ", name.Text(), " has no column ", rename.old_name, "."),
                   "Give the existing name first: TABLE.OLD=NEW.");
  }
  if (FindColumn(*declared, rename.new_name) == nullptr) {
    return Invalid(Cat("The declaration of ", name.Text(), " has no column ", rename.new_name, "."),
                   "Declare the column under its new name.");
  }
  column_renames_[name].emplace_back(rename.old_name, rename.new_name);
  return absl::OkStatus();
}

absl::Status Pairing::CheckRebuild(const std::string& name) const {
  auto found = declared_.find(Named(name));
  if (found != declared_.end() && Counterpart(found->first) != nullptr &&
      !std::holds_alternative<View>(found->second->definition)) {
    return absl::OkStatus();
  }
  return Error(Reason::ARGUMENT_INVALID,
               Cat(Named(name).Text(),
                   " cannot be rebuilt: it is not a table or materialized view on "
                   "both sides."),
               "", {{"field", "rebuild"}});
}

const LiveObject* Pairing::Counterpart(const ObjectName& name) const {
  if (auto found = renamed_.find(name); found != renamed_.end()) return found->second;
  auto found = mine_.find(name);
  return found == mine_.end() ? nullptr : found->second;
}

const UnreadObject* Pairing::Unread(const ObjectName& name) const {
  auto found = std::find_if(from_.unread.begin(), from_.unread.end(),
                            [&](const UnreadObject& one) { return one.name == name; });
  return found == from_.unread.end() ? nullptr : &*found;
}

bool Pairing::IsRenamedAway(const LiveObject& live) const { return renamed_away_.contains(&live); }

ColumnRenames Pairing::RenamesOf(const ObjectName& table) const {
  auto found = column_renames_.find(table);
  return found == column_renames_.end() ? ColumnRenames() : found->second;
}

std::string ShortName(const ObjectName& name) { return QuoteName(name.name); }

std::string CreateStatement(const Object& object) {
  return Print({{"", object.name.name}, object.definition, object.place});
}

std::string DropStatement(const Object& object) {
  constexpr std::string_view kWords[] = {"TABLE", "VIEW", "MATERIALIZED VIEW"};
  return Cat("DROP ", kWords[object.definition.index()], " ", ShortName(object.name));
}

Step CreateStep(const Object& object) {
  Step step{object.name, StepClass::kCreate, CreateStatement(object), false, false, {}};
  if (IsRollup(object)) {
    step.step_class = StepClass::kRollup;
    step.job = true;
  }
  step.undo.statements = {DropStatement(object)};
  step.before = kNoObject;
  return step;
}

Step DropStep(const Object& object) {
  Step step{object.name, StepClass::kDrop, DropStatement(object), false, false, {}};
  step.undo.statements = {CreateStatement(query::WithoutDatabase(object))};
  step.after = kNoObject;
  if (KindOf(object) != ObjectKind::kTable) return step;
  step.destructive = true;
  step.undo.reversibility = Reversibility::kLossy;
  step.undo.why =
      "The table comes back empty; RECOVER TABLE restores its data while the engine keeps it";
  return step;
}

Step ActivateStep(const ObjectName& name) {
  Step step{name,
            StepClass::kMaterializedView,
            Cat("ALTER MATERIALIZED VIEW ", ShortName(name), " ACTIVE"),
            false,
            false,
            {}};
  // The undo makes it inactive again, and active at the end.
  step.undo.statements = {step.statement};
  return step;
}

}  // namespace stateserver::schema
