// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/same.h"

#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/rewrite.h"
#include "server/starrocks/query/tree_compare.h"

namespace stateserver::schema::query {

std::optional<bool> IsPrintedAs(std::string_view live, std::string_view declared,
                                const std::string& database, ColumnSource* source) {
  if (live == declared) return true;
  ParsedQuery there = ParseQuery(live), wanted = ParseQuery(declared);
  if (there.error || wanted.error) return std::nullopt;
  for (NodePtr* query : {&there.query, &wanted.query}) {
    Rewrite(query);
    Analyze(query->get(), database, source);
  }
  return Matches(*there.query, *wanted.query);
}

}  // namespace stateserver::schema::query
