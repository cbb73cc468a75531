// SPDX-License-Identifier: Apache-2.0
//
// The plan of a whole schema.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/starrocks/ddl/model/live_schema.h"
#include "server/starrocks/diff/plan/plan.h"

namespace stateserver::schema {

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

}  // namespace stateserver::schema
