// SPDX-License-Identifier: Apache-2.0
//
// The columns that a query returns, and the objects that it reads.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/starrocks/apply/catalog.h"
#include "server/starrocks/apply/expressions.h"
#include "server/starrocks/apply/verdict.h"

namespace stateserver::apply {

struct QueryFacts {
  std::vector<OutputColumn> columns;
  std::set<std::string> relations;  // objects of the database, not those behind views
  // The items of the select list; empty for a union.
  std::vector<Expression> items;
  bool groups = false;  // has GROUP BY or aggregate functions
};

// Reads the query of a view or of an INSERT. Returns kRefused for a relation or a column that
// cannot be resolved, kUnknown for a form that is not understood; `out` is then incomplete.
Verdict ReadQuery(std::string_view query, const Catalog& catalog, QueryFacts* out);

// Returns the columns of an object as queries see them. kUnknown if they are not known.
Verdict ColumnsOf(const std::string& name, const Catalog& catalog, std::vector<OutputColumn>* out);

}  // namespace stateserver::apply
