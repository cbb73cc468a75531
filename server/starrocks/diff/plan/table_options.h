// SPDX-License-Identifier: Apache-2.0
//
// The options of a table: what its plan needs to know about other objects, and the change of its
// distribution.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/starrocks/ddl/references.h"
#include "server/starrocks/diff/plan/pairing.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/diff/plan/table_plan.h"

namespace stateserver::schema {

// TableReaders knows which views read which table. It refers to its arguments. Not thread-safe.
class TableReaders {
 public:
  // `there` are the objects after the plan.
  TableReaders(const Pairing& pairing, const std::vector<const Object*>& there,
               ReferenceCache* references);

  // Returns the options for one table. `live` has its new name. `replaced` are synchronous
  // materialized views that do not exist while the table changes.
  TablePlanOptions OptionsFor(const Object& live, const Object& declared,
                              const std::set<ObjectName>& replaced, const PlanOptions& options);

  // Returns the columns of the table, in lower case, that are not declared any more and that a live
  // view reads which is going to be changed. They can be dropped after the views have changed.
  std::set<std::string> ReleasedColumns(const ObjectName& name, const Table& live,
                                        const Table& declared,
                                        const std::set<ObjectName>& replaced);

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

// Plans the change of the distribution of a table.
void PlanDistribution(TableWork* work);

}  // namespace stateserver::schema
