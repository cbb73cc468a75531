// SPDX-License-Identifier: Apache-2.0
//
// Steps that change one view or materialized view, and steps that create or drop an object.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/work_meter.h"
#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/schema.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/query/columns.h"

namespace stateserver::schema {

// Return the quoted name without the database, and the object's CREATE statement with that name.
std::string ShortName(const ObjectName& name);
std::string CreateStatement(const Object& object);
// Returns "DROP TABLE `t`", "DROP MATERIALIZED VIEW `m`", …
std::string DropStatement(const Object& object);

Step CreateStep(const Object& object);
Step DropStep(const Object& object);

// Replaces only what differs. Both objects must have the same name. `columns` has those of the
// relations that the view reads; it may be null.
void PlanView(const Object& live, const Object& declared, const Engine& engine,
              query::ColumnSource* columns, Plan* plan);

// With `rebuild`, changes that the engine does not support are made by a rebuild with a swap.
void PlanMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                          bool rebuild, Plan* plan);

// Returns a step that reactivates an inactive materialized view.
Step ActivateStep(const ObjectName& name);

// Inactivation tracks which views and materialized views a plan makes inactive.
class Inactivation {
 public:
  // `objects` are all objects after the plan, in DependencyOrder. All arguments must outlive this
  // object.
  Inactivation(const std::vector<const Object*>& objects, ReferenceCache* references,
               WorkMeter* meter);

  // Records a change of columns (in lower case) of a relation; `*` affects every reader.
  void Touch(const ObjectName& name, const std::vector<std::string>& columns);
  // Returns true if the view reads, directly or through other views, anything that has been
  // changed. Returns false once the meter has stopped.
  bool Reaches(const Object& view) const;

 private:
  bool Reaches(const Object& view, const std::set<std::string>& columns, bool star,
               std::set<ObjectName>* seen) const;

  std::map<ObjectName, const Object*> views_;
  ReferenceCache& references_;
  WorkMeter& meter_;
  std::map<ObjectName, std::set<std::string>> touched_;
};

}  // namespace stateserver::schema
