// SPDX-License-Identifier: Apache-2.0
//
// Which materialized views a plan makes inactive.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/work_meter.h"
#include "server/starrocks/ddl/model/object.h"
#include "server/starrocks/ddl/references/references.h"

namespace stateserver::schema {

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
