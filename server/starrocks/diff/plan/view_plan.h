// SPDX-License-Identifier: Apache-2.0
//
// Steps that change one view or materialized view, and those that make or drop
// an object.
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

namespace stateserver::schema {

// The name alone, quoted, and the object's CREATE with the name alone.
std::string ShortName(const ObjectName& name);
std::string CreateStatement(const Object& object);
// "DROP TABLE `t`", "DROP MATERIALIZED VIEW `m`".
std::string DropStatement(const Object& object);

Step CreateStep(const Object& object);
Step DropStep(const Object& object);

// Replaces only what differs. Both are of one name.
void PlanView(const Object& live, const Object& declared, const Engine& engine, Plan* plan);

// `rebuild` builds beside and swaps where the engine cannot change it.
void PlanMaterializedView(const Object& live, const Object& declared, const Engine& engine,
                          bool rebuild, Plan* plan);

// Makes an inactive one active again.
Step ActivateStep(const ObjectName& name);

// Views and materialized views, what they read, and what has been touched.
class Inactivation {
 public:
  // Every object that there will be, in an order of DependencyOrder. All that is passed outlives
  // this.
  Inactivation(const std::vector<const Object*>& objects, ReferenceCache* references,
               WorkMeter* meter);

  // Columns in lower case; `*`: whatever reads the relation.
  void Touch(const ObjectName& name, const std::vector<std::string>& columns);
  // Whether the view reads, itself or through others, what has been touched. False once the meter
  // has stopped.
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
