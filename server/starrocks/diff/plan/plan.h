// SPDX-License-Identifier: Apache-2.0
//
// What turns one schema into another: ordered steps, or why there are none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/ddl/model/object.h"

namespace stateserver::schema {

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

}  // namespace stateserver::schema
