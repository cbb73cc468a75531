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
#include "server/starrocks/query/recorded.h"

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
  // Positions of the steps in the order in which they are undone.
  std::vector<size_t> undo_order;
};

// The attribute of the warning about an inactive materialized view.
inline constexpr char kActivity[] = "activity";

// Rename names a table, view or materialized view or, if `table` is set, one of its columns.
struct Rename {
  std::string table, old_name, new_name;
};

struct PlanOptions {
  std::vector<Rename> renames;
  // Names of tables and materialized views that may be rebuilt.
  std::set<std::string> rebuild;
  // Rebuilds every materialized view that the plan would otherwise leave inactive.
  bool rebuild_dependents = false;
  bool drop_undeclared = false;
  // Returns true for objects that are dropped when they are not declared. If null, none are, except
  // with drop_undeclared.
  std::function<bool(const ObjectName&)> managed;
  bool partitions = false;
  // True if the declaration names every property that does not have its default.
  bool complete = false;
  // Returns true for a property that an earlier revision set; without a declaration it goes back to
  // its default. If null, none.
  std::function<bool(const ObjectName&, const std::string& key)> set_earlier = nullptr;
  // Returns the names, in lower case, that columns of a table had before earlier revisions renamed
  // them. If null, none.
  std::function<std::set<std::string>(const ObjectName&)> former_columns = nullptr;
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
  // Queries that the engine was seen to show in another form. A live query and a declared one that
  // were recorded together are equal. If null, none.
  const query::RecordedQueries* recorded = nullptr;
};

// Returns the plan that changes `from` to `to`, whose objects must all be in the database of
// `from`. `printed` is true if the engine printed `from`, and false if it was declared. If there
// are refusals, the steps cover the other differences. An object that is unread on one side, and
// attributes that the release does not have, are refused. Returns SCHEMA_INVALID for views that
// read each other in a cycle and for relations that do not exist, or ARGUMENT_INVALID for a rename
// or rebuild of a missing object.
absl::StatusOr<Plan> MakePlan(const LiveSchema& from, bool printed, const std::vector<Object>& to,
                              const PlanOptions& options);

}  // namespace stateserver::schema
