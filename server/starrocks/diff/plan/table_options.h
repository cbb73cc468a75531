// SPDX-License-Identifier: Apache-2.0
//
// The options of a table: what its plan needs to know about other objects, and the changes of its
// partitions, rollups, distribution and properties.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/starrocks/ddl/references.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// TableReaders knows which views read which table. It refers to its arguments. Not thread-safe.
class TableReaders {
 public:
  // `there` are the objects after the plan.
  TableReaders(const Pairing& pairing, const std::vector<const Object*>& there,
               ReferenceCache* references);

  // Returns the options for one table. `live` has its new name.
  TablePlanOptions OptionsFor(const Object& live, const Object& declared,
                              const PlanOptions& options);

 private:
  bool MayHave(const ObjectName& name, const std::string& folded_column);
  bool NeedsColumn(const Object& view, const ObjectName& table, const std::string& folded_column);
  const std::set<std::string>& ColumnsOf(const ObjectName& name, const Table& table);

  const Pairing& pairing_;
  ReferenceCache& references_;
  std::map<ObjectName, std::vector<const Object*>> readers_;  // views by the relations they read
  std::map<ObjectName, std::set<std::string>> columns_;       // columns of declared tables, in
                                                              // lower case
};

// Plan changes of a table's partitions, rollups, distribution and properties.
void PlanPartitions(TableWork* work);
void PlanDroppedRollups(TableWork* work);
void PlanAddedRollups(TableWork* work);
void PlanDistribution(TableWork* work);
void PlanProperties(TableWork* work);

}  // namespace stateserver::schema
