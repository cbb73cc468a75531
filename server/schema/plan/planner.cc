#include "server/schema/plan/planner.h"

#include <algorithm>
#include <map>

#include "common/error.h"
#include "common/text.h"
#include "server/schema/compare/compare_tables.h"
#include "server/schema/compare/normal_table.h"
#include "server/schema/parse/token_text.h"
#include "server/schema/plan/inactivation.h"
#include "server/schema/plan/rebuild.h"
#include "server/schema/plan/table_plan.h"
#include "server/schema/plan/view_plan.h"
#include "server/schema/references/dependency_order.h"

namespace stateserver::schema {
namespace {

std::string_view KindWords(const Object& object) {
  constexpr std::string_view kWords[] = {"a table", "a view", "a materialized view"};
  return kWords[object.definition.index()];
}

bool IsTable(const Object& object) { return std::holds_alternative<Table>(object.definition); }

bool IsSynchronous(const Object& object) {
  const auto* view = std::get_if<MaterializedView>(&object.definition);
  return view != nullptr && view->synchronous();
}

class Planner {
 public:
  Planner(const LiveSchema& from, bool printed, const std::vector<Object>& to,
          const PlanOptions& options)
      : from_(from), printed_(printed), options_(options) {
    for (const LiveObject& one : from.objects) {
      live_[one.object.name] = &one;
      if (LookedAt(one.object.name)) mine_[one.object.name] = &one;
    }
    for (const Object& object : to) {
      if (LookedAt(object.name)) declared_[object.name] = &object;
    }
  }

  absl::StatusOr<Plan> Run() {
    RETURN_IF_ERROR(TakeRenames());
    RETURN_IF_ERROR(CheckRebuilds());
    FindDrops();
    RETURN_IF_ERROR(OrderAll());
    RETURN_IF_ERROR(CheckRelations());
    DropViews();
    for (const Object* object : order_) Visit(*object);
    DropTables();
    ListUndeclared();
    return std::move(plan_);
  }

 private:
  bool LookedAt(const ObjectName& name) const {
    return !options_.looked_at || options_.looked_at(name);
  }
  ObjectName Named(const std::string& name) const { return {from_.database, name}; }

  // --- what was asked for --------------------------------------------------------
  static absl::Status Invalid(const std::string& sentence, const std::string& hint) {
    return Error(Reason::ARGUMENT_INVALID, sentence, hint, {{"field", "renames"}});
  }

  absl::Status TakeRenames() {
    for (const Rename& rename : options_.renames) {
      if (!rename.table.empty()) {
        RETURN_IF_ERROR(TakeColumnRename(rename));
        continue;
      }
      ObjectName old_name = Named(rename.old_name), new_name = Named(rename.new_name);
      if (!mine_.contains(old_name)) {
        return Invalid(Cat("There is no ", old_name.Text(), " to be renamed."),
                       "Give the name that is there first: OLD=NEW.");
      }
      if (!declared_.contains(new_name)) {
        return Invalid(Cat(new_name.Text(), " is not declared, so nothing can be renamed to it."),
                       "Declare the object under its new name.");
      }
      if (mine_.contains(new_name)) {
        return Invalid(Cat("There is a ", new_name.Text(), " already."),
                       "Rename that one, too, or choose another name.");
      }
      renamed_[new_name] = mine_[old_name];
      mine_.erase(old_name);
    }
    return absl::OkStatus();
  }

  // After the renames of objects, in the order given, the table has its new name.
  absl::Status TakeColumnRename(const Rename& rename) {
    ObjectName table = Named(rename.table);
    const LiveObject* live = Counterpart(table);
    const auto declared = declared_.find(table);
    if (live == nullptr || declared == declared_.end() || !IsTable(live->object) ||
        !IsTable(*declared->second)) {
      return Invalid(Cat("There is no table ", table.Text(), " on both sides, whose column ",
                         rename.old_name, " could be renamed."),
                     "Name the table as it is declared: TABLE.OLD=NEW.");
    }
    auto has = [](const Object& object, const std::string& name) {
      const auto& columns = std::get<Table>(object.definition).columns;
      return std::any_of(columns.begin(), columns.end(),
                         [&](const Column& column) { return Folded(column.name) == Folded(name); });
    };
    if (!has(live->object, rename.old_name)) {
      return Invalid(Cat("The table ", table.Text(), " has no column ", rename.old_name, "."),
                     "Give the name that is there first: TABLE.OLD=NEW.");
    }
    if (!has(*declared->second, rename.new_name)) {
      return Invalid(
          Cat("The declaration of ", table.Text(), " has no column ", rename.new_name, "."),
          "Declare the column under its new name.");
    }
    column_renames_[table].emplace_back(rename.old_name, rename.new_name);
    return absl::OkStatus();
  }

  absl::Status CheckRebuilds() const {
    for (const std::string& name : options_.rebuild) {
      auto found = declared_.find(Named(name));
      if (found != declared_.end() && Counterpart(found->first) != nullptr &&
          !std::holds_alternative<View>(found->second->definition)) {
        continue;
      }
      return Error(Reason::ARGUMENT_INVALID,
                   Cat("There is no table or materialized view ", Named(name).Text(),
                       " on both sides that could be built anew."),
                   "", {{"field", "rebuild"}});
    }
    return absl::OkStatus();
  }

  // What is there of a declared object.
  const LiveObject* Counterpart(const ObjectName& name) const {
    if (auto found = renamed_.find(name); found != renamed_.end()) return found->second;
    auto found = mine_.find(name);
    return found == mine_.end() ? nullptr : found->second;
  }

  // --- order ---------------------------------------------------------------------
  void FindDrops() {
    for (const auto& [name, live] : mine_) {
      if (declared_.contains(name)) continue;
      if (options_.drop_undeclared) dropped_.push_back(&live->object);
    }
  }

  // Declared objects, and the live ones that stay and may need to be activated.
  absl::Status OrderAll() {
    std::vector<const Object*> all;
    for (const auto& [name, object] : declared_) all.push_back(object);
    for (const auto& [name, live] : live_) {
      bool goes = declared_.contains(name) || IsRenamedAway(*live) ||
                  std::find(dropped_.begin(), dropped_.end(), &live->object) != dropped_.end();
      if (!goes) all.push_back(&live->object);
    }
    ASSIGN_OR_RETURN(order_, DependencyOrder(all));
    inactivation_.emplace(order_);
    return absl::OkStatus();
  }

  bool IsRenamedAway(const LiveObject& live) const {
    return std::any_of(renamed_.begin(), renamed_.end(),
                       [&](const auto& entry) { return entry.second == &live; });
  }

  // A view on a relation that will not be there.
  absl::Status CheckRelations() const {
    std::set<ObjectName> there;
    for (const Object* object : order_) there.insert(object->name);
    for (const UnreadObject& unread : from_.unread) there.insert(unread.name);
    std::string problems;
    const SourcePlace* first = nullptr;
    for (const auto& [name, object] : declared_) {
      for (const ObjectName& read : ReferencesOf(QueryOf(*object), name.database).relations) {
        if (read.database != from_.database || there.contains(read)) continue;
        const SourcePlace& place = object->place;
        if (first == nullptr) first = &place;
        AppendTo(&problems, problems.empty() ? "" : "\n", place.source, ":", place.line, ":",
                 place.column, ": ", name.Text(), " reads ", read.Text(),
                 ", which is neither declared nor there");
      }
    }
    if (first == nullptr) return absl::OkStatus();
    return Error(Reason::SCHEMA_INVALID, problems, "Declare it, or correct the name.",
                 {{"file", first->source}, {"line", Cat(first->line)}});
  }

  // --- drops ---------------------------------------------------------------------
  void DropViews() {
    std::vector<const Object*> order =
        DependencyOrder(dropped_).value_or(std::vector<const Object*>(dropped_));
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
    if (options_.drop_undeclared) return;
    for (const auto& [name, live] : mine_) {
      if (declared_.contains(name)) continue;
      plan_.unmanaged.push_back({name, KindOf(live->object), "", "it is not declared"});
    }
  }

  void Warn(const ObjectName& name, std::string attribute, std::string message) {
    plan_.warnings.push_back({name, std::move(attribute), std::move(message)});
  }

  // --- one object ----------------------------------------------------------------
  void Visit(const Object& object) {
    auto found = declared_.find(object.name);
    if (found == declared_.end() || found->second != &object) return Activate(object);
    const LiveObject* live = Counterpart(object.name);
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
      auto found = live_.find(object.name);
      if (found == live_.end()) return;
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
  // Objects that will be there and read the column, and nobody else's of its name.
  std::vector<std::string> ReadersOf(const Object& table, const std::string& column) const {
    std::vector<std::string> readers;
    for (const Object* object : order_) {
      if (IsTable(*object) || !declared_.contains(object->name)) continue;
      References reads = ReferencesOf(QueryOf(*object), object->name.database);
      if (!reads.relations.contains(table.name) || !reads.columns.contains(Folded(column)))
        continue;
      bool others = std::any_of(
          reads.relations.begin(), reads.relations.end(),
          [&](const ObjectName& name) { return name != table.name && MayHave(name, column); });
      if (!others) readers.push_back(object->name.name);
    }
    return readers;
  }

  bool MayHave(const ObjectName& name, const std::string& column) const {
    auto found = declared_.find(name);
    if (found == declared_.end() || !IsTable(*found->second)) return true;
    const auto& columns = std::get<Table>(found->second->definition).columns;
    return std::any_of(columns.begin(), columns.end(),
                       [&](const Column& one) { return Folded(one.name) == Folded(column); });
  }

  TablePlanOptions OptionsOf(const Object& live, const Object& declared) const {
    TablePlanOptions options;
    options.partitions = options_.partitions;
    if (auto found = column_renames_.find(declared.name); found != column_renames_.end()) {
      options.renames = found->second;
    }
    for (const Object* object : order_) {
      if (!IsSynchronous(*object) || !live_.contains(object->name)) continue;
      References reads = ReferencesOf(QueryOf(*object), object->name.database);
      if (!reads.relations.contains(live.name)) continue;
      options.protected_columns.insert(options.protected_columns.end(), reads.columns.begin(),
                                       reads.columns.end());
    }
    const auto& wanted = std::get<Table>(declared.definition).columns;
    for (const Column& column : std::get<Table>(live.definition).columns) {
      bool stays = std::any_of(wanted.begin(), wanted.end(), [&](const Column& one) {
        return Folded(one.name) == Folded(column.name);
      });
      if (stays) continue;
      for (const std::string& reader : ReadersOf(declared, column.name)) {
        options.needed_columns.emplace(Folded(column.name), reader);
      }
    }
    return options;
  }

  void VisitTable(const Object& live, const Object& declared) {
    Table there = std::get<Table>(live.definition);
    if (printed_) there = AsPrinted(there, from_.engine);
    TablePlanOptions options = OptionsOf(live, declared);
    TablePlan table = PlanTable(declared.name, there, std::get<Table>(declared.definition),
                                from_.engine, options);
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
    for (const TableStep& step : table.steps) {
      plan_.steps.push_back(Finish(declared.name, step, from_.engine));
      inactivation_->Touch(declared.name, step.inactivates);
    }
  }

  void Rebuild(const Object& live, const Object& declared, const TablePlanOptions& options) {
    for (const std::string& name : {ShadowName(declared.name.name), UndoName(declared.name.name)}) {
      if (!live_.contains(Named(name))) continue;
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
  std::map<ObjectName, const LiveObject*> live_, mine_, renamed_;
  std::map<ObjectName, const Object*> declared_;
  std::map<ObjectName, std::vector<std::pair<std::string, std::string>>> column_renames_;
  std::vector<const Object*> dropped_, order_;
  std::optional<Inactivation> inactivation_;
  Plan plan_;
};

}  // namespace

absl::StatusOr<Plan> MakePlan(const LiveSchema& from, bool printed, const std::vector<Object>& to,
                              const PlanOptions& options) {
  return Planner(from, printed, to, options).Run();
}

}  // namespace stateserver::schema
