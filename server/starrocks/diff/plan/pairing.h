// SPDX-License-Identifier: Apache-2.0
//
// Matching of the objects of two schemas.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::schema {

// ColumnRenames holds the renames of one table's columns.
using ColumnRenames = std::vector<std::pair<std::string, std::string>>;  // old, new

// Pairing matches the objects of two schemas by name, after applying the requested renames. It
// refers to its arguments.
class Pairing {
 public:
  Pairing(const LiveSchema& from, const std::vector<Object>& to, const PlanOptions& options);

  // Returns ARGUMENT_INVALID for a rename or a rebuild of a missing object.
  absl::Status ReadOptions();

  // Returns all live objects, whether or not they are considered.
  const std::map<ObjectName, const LiveObject*>& live() const { return live_; }
  // Returns the considered live objects, except for those that are renamed.
  const std::map<ObjectName, const LiveObject*>& mine() const { return mine_; }
  const std::map<ObjectName, const Object*>& declared() const { return declared_; }
  // Returns the live counterpart of a declared object, or null.
  const LiveObject* Counterpart(const ObjectName& name) const;
  // Returns the live object of this name that could not be read, or null.
  const UnreadObject* Unread(const ObjectName& name) const;
  bool IsRenamedAway(const LiveObject& live) const;
  ColumnRenames RenamesOf(const ObjectName& table) const;
  ObjectName Named(const std::string& name) const { return {from_.database, name}; }

 private:
  absl::Status ReadObjectRename(const Rename& rename);
  absl::Status ReadColumnRename(const Rename& rename);
  absl::Status CheckRebuild(const std::string& name) const;

  const LiveSchema& from_;
  const PlanOptions& options_;
  std::map<ObjectName, const LiveObject*> live_, mine_, renamed_;
  std::set<const LiveObject*> renamed_away_;
  std::map<ObjectName, const Object*> declared_;
  std::map<ObjectName, ColumnRenames> column_renames_;
};

}  // namespace stateserver::schema
