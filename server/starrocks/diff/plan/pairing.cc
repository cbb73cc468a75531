// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/pairing.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

namespace {

absl::Status Invalid(const std::string& sentence, const std::string& hint) {
  return Error(Reason::ARGUMENT_INVALID, sentence, hint, {{"field", "renames"}});
}

const Table* TableOf(const Object* object) {
  return object == nullptr ? nullptr : std::get_if<Table>(&object->definition);
}

}  // namespace

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

}  // namespace stateserver::schema
