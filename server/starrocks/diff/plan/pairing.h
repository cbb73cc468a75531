// SPDX-License-Identifier: Apache-2.0
//
// Which object of one schema is which of the other.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

using ColumnRenames = std::vector<std::pair<std::string, std::string>>;  // old, new

// Pairs by name, after the renames asked for. Refers to the schemas and options
// it is made with.
class Pairing {
 public:
  Pairing(const LiveSchema& from, const std::vector<Object>& to, const PlanOptions& options);

  // ARGUMENT_INVALID for a rename or a rebuild of what is not there.
  absl::Status TakeOptions();

  // Everything that is there, looked at or not.
  const std::map<ObjectName, const LiveObject*>& live() const { return live_; }
  // What is looked at of it, but for objects that get another name.
  const std::map<ObjectName, const LiveObject*>& mine() const { return mine_; }
  const std::map<ObjectName, const Object*>& declared() const { return declared_; }
  // What is there of a declared object; null: nothing.
  const LiveObject* Counterpart(const ObjectName& name) const;
  bool IsRenamedAway(const LiveObject& live) const;
  ColumnRenames RenamesOf(const ObjectName& table) const;
  ObjectName Named(const std::string& name) const { return {from_.database, name}; }

 private:
  absl::Status TakeObjectRename(const Rename& rename);
  absl::Status TakeColumnRename(const Rename& rename);
  absl::Status CheckRebuild(const std::string& name) const;

  const LiveSchema& from_;
  const PlanOptions& options_;
  std::map<ObjectName, const LiveObject*> live_, mine_, renamed_;
  std::set<const LiveObject*> renamed_away_;
  std::map<ObjectName, const Object*> declared_;
  std::map<ObjectName, ColumnRenames> column_renames_;
};

}  // namespace stateserver::schema
