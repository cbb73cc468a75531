// SPDX-License-Identifier: Apache-2.0
//
// The plan of a whole schema.
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

// What turns one schema into another: ordered steps, or why there are none.

enum class ObjectKind { kTable, kView, kMaterializedView, kRollup };
ObjectKind KindOf(const Object& object);

enum class StepClass {
  kMetadata,  // done at once
  kColumn,    // a job of SHOW ALTER TABLE COLUMN
  kOptimize,  // … OPTIMIZE
  kRollup,    // … ROLLUP
  kCopySwap,  // a part of building beside and swapping
  kCreate,
  kDrop,
  kView,
  kMaterializedView,
  kDml,
};

// "metadata", "copy_swap", "mv", …: as in the JSON of a plan and in revisions.
std::string_view StepClassWord(StepClass step_class);

enum class Reversibility {
  kLossless,
  kLossy,  // the schema comes back, not all of the data
  kImpossible,
};

// What undoes a step.
struct Undo {
  Reversibility reversibility = Reversibility::kLossless;
  std::vector<std::string> statements;  // in their order
  std::string why;                      // not lossless; one sentence without a full stop
};

struct Step {
  ObjectName object;
  StepClass step_class = StepClass::kMetadata;
  std::string statement;  // for the object's database, without a semicolon
  bool job = false;       // the object takes no other ALTER until a job has ended
  bool destructive = false;
  Undo undo;
  // ObjectDigest of the object before and after; empty where it is not known
  // beforehand.
  std::string before = {}, after = {};
};

// A difference that no statement takes away.
struct Refusal {
  ObjectName object;
  std::string attribute;
  std::string from, to;
  std::string reason;    // the engine's
  std::string hint;      // what would work
  bool rebuild = false;  // building anew would do it
};

struct PlanWarning {
  ObjectName object;
  std::string attribute;
  std::string message;
};

// Left as it is.
struct Unmanaged {
  ObjectName object;
  ObjectKind kind = ObjectKind::kTable;
  std::string attribute;  // empty: the whole object
  std::string reason;
};

struct Plan {
  std::vector<Step> steps;
  std::vector<Refusal> refusals;
  std::vector<PlanWarning> warnings;
  std::vector<Unmanaged> unmanaged;
};

// A table, view or materialized view, or with `table` one of its columns.
struct Rename {
  std::string table, old_name, new_name;
};

struct PlanOptions {
  std::vector<Rename> renames;
  // Names of tables and materialized views that may be built anew.
  std::set<std::string> rebuild;
  bool drop_undeclared = false;
  // Which objects are dropped once they are not declared; null: none but for
  // drop_undeclared.
  std::function<bool(const ObjectName&)> managed;
  bool partitions = false;
  // Which objects are looked at; the others are neither changed nor listed, but
  // what reads them is known. Null: all.
  std::function<bool(const ObjectName&)> looked_at;
  // Asked along the way; its error ends the plan. Null: the plan is made to its end.
  WorkMeter* meter = nullptr;
};

// What turns `from` into `to`, whose objects are all of `from`'s database.
// `printed` is true where `from` is what the engine showed, false where it was
// declared. Where there are refusals, the steps are those of the other
// differences.
// Errors: SCHEMA_INVALID, views that read each other in a ring, or a relation
// that is nowhere; ARGUMENT_INVALID, a rename or rebuild of what is not there.
absl::StatusOr<Plan> MakePlan(const LiveSchema& from, bool printed, const std::vector<Object>& to,
                              const PlanOptions& options);

// Which object of one schema is which of the other.

using ColumnRenames = std::vector<std::pair<std::string, std::string>>;  // old, new

// Pairs by name, after the renames asked for. Refers to the schemas and options
// it is made with.
class Pairing {
 public:
  Pairing(const LiveSchema& from, const std::vector<Object>& to, const PlanOptions& options);

  // ARGUMENT_INVALID for a rename or a rebuild of what is not there.
  absl::Status ReadOptions();

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
