// SPDX-License-Identifier: Apache-2.0
//
// Planning of the change from one schema to another.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// ObjectKind is the kind of an object.
enum class ObjectKind { kTable, kView, kMaterializedView, kRollup };
ObjectKind KindOf(const Object& object);

enum class StepClass {
  kMetadata,  // completes immediately
  kColumn,    // starts a job of SHOW ALTER TABLE COLUMN
  kOptimize,  // starts a job of SHOW ALTER TABLE OPTIMIZE
  kRollup,    // starts a job of SHOW ALTER TABLE ROLLUP
  kCopySwap,  // part of a rebuild with a swap
  kCreate,
  kDrop,
  kView,
  kMaterializedView,
  kDml,
};

// Returns "metadata", "copy_swap", "mv", …, as in the JSON of a plan and in revisions.
std::string_view StepClassWord(StepClass step_class);

enum class Reversibility {
  kLossless,
  kLossy,  // restores the schema, but not all of the data
  kImpossible,
};

// Undo holds the statements that reverse a step.
struct Undo {
  Reversibility reversibility = Reversibility::kLossless;
  std::vector<std::string> statements;  // in execution order
  std::string why;                      // the reason if not lossless; one sentence without a full
                                        // stop
};

struct Step {
  ObjectName object;
  StepClass step_class = StepClass::kMetadata;
  std::string statement;  // relative to the object's database, without a semicolon
  bool job = false;       // the object accepts no other ALTER until a job has ended
  bool destructive = false;
  Undo undo;
  // ObjectDigest of the object before and after; empty if not known in advance.
  std::string before = {}, after = {};
};

// Refusal is a difference that no statement can remove.
struct Refusal {
  ObjectName object;
  std::string attribute;
  std::string from, to;
  std::string reason;    // the engine's reason
  std::string hint;      // an alternative that would work
  bool rebuild = false;  // a rebuild would work
};

struct PlanWarning {
  ObjectName object;
  std::string attribute;
  std::string message;
};

// Unmanaged is an attribute or object that the plan leaves unchanged.
struct Unmanaged {
  ObjectName object;
  ObjectKind kind = ObjectKind::kTable;
  std::string attribute;  // if empty, the whole object
  std::string reason;
};

struct Plan {
  std::vector<Step> steps;
  std::vector<Refusal> refusals;
  std::vector<PlanWarning> warnings;
  std::vector<Unmanaged> unmanaged;
};

// Rename names a table, view or materialized view or, if `table` is set, one of its columns.
struct Rename {
  std::string table, old_name, new_name;
};

struct PlanOptions {
  std::vector<Rename> renames;
  // Names of tables and materialized views that may be rebuilt.
  std::set<std::string> rebuild;
  bool drop_undeclared = false;
  // Returns true for objects that are dropped when they are not declared. If null, none are, except
  // with drop_undeclared.
  std::function<bool(const ObjectName&)> managed;
  bool partitions = false;
  // Returns true for objects to consider. Other objects are neither changed nor listed, but their
  // readers are known. If null, all.
  std::function<bool(const ObjectName&)> looked_at;
  // Objects that are not dropped although they are not declared.
  std::set<ObjectName> kept;
  // Objects that exist in the wanted schema but could not be read, with the reason. They are
  // refused instead of dropped.
  std::map<ObjectName, std::string> unread;
  // Checked during planning; its error ends the plan. If null, planning is not limited.
  WorkMeter* meter = nullptr;
};

// Returns the plan that changes `from` to `to`, whose objects must all be in the database of
// `from`. `printed` is true if the engine printed `from`, and false if it was declared. If there
// are refusals, the steps cover the other differences. An object that is unread on one side, and
// attributes that the release does not have, are refused. Returns SCHEMA_INVALID for views that
// read each other in a cycle and for relations that do not exist, or ARGUMENT_INVALID for a rename
// or rebuild of a missing object.
absl::StatusOr<Plan> MakePlan(const LiveSchema& from, bool printed, const std::vector<Object>& to,
                              const PlanOptions& options);

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
