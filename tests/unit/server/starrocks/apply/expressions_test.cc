// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/expressions.h"

#include <gtest/gtest.h>

namespace stateserver::apply {
namespace {

// Reads an expression over a table with the column `k`.
Verdict Over(const std::string& text) {
  Names names;
  names.column = [](const std::vector<std::string>& parts, OutputColumn* found) {
    if (parts.back() != "k") return RefusedByAnalysis("Column '" + parts.back() + "'");
    *found = {"k", ScalarType("INT"), true, "t", "k", ""};
    return Taken();
  };
  Expression out;
  return ReadExpressionText(text, names, &out);
}

TEST(ExpressionsTest, OnlyAColumnCanFailToResolve) {
  EXPECT_TRUE(Over("k + 1").taken());
  for (const char* text : {"nothing", "nothing + 1", "k + nothing", "(nothing)", "`map`"}) {
    EXPECT_TRUE(Over(text).refused()) << text;
  }
  // Words that begin something else.
  for (const char* text :
       {"map{'a': 1}", "map{'a': 1}['a']", "MAP<INT, INT>{1: 2}", "ARRAY<INT>[1]", "array[1]",
        "x -> x + 1", "current_date", "nothing more"}) {
    EXPECT_TRUE(Over(text).unknown()) << text;
  }
}

}  // namespace
}  // namespace stateserver::apply
