// SPDX-License-Identifier: Apache-2.0
//
// Which materialized views a plan makes inactive.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/work_meter.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

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
