// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/python_env.h"

#include <gtest/gtest.h>

namespace stateserver::migrations {
namespace {

// Python's repr() gives these texts again.
TEST(PythonLiteral, IsCertainOfWhatReprWrites) {
  for (const char* text :
       {"{}", "{'a': 1}", "{'a': [1, -2], 'b': (1,), 'c': ()}", "{'x': 0.19, 'y': 1.0}",
        "{'a': SqlValue(sql=\"'EUR'\")}", "{'a': {'b': None, 'c': True}}", "{'a': 'x\\n\\\\'}",
        "{'shop': 'Köln'}", "[1, 'a']", "'it'"}) {
    EXPECT_TRUE(InspectLiteral(text).certain) << text;
  }
}

TEST(PythonLiteral, IsNotCertainOfTheRest) {
  for (const char* text : {"",
                           "{'a':1}",
                           "{'a': 1,}",
                           "{'a': 1, 'a': 2}",
                           "{\"a\": 1}",
                           "{'a': 01}",
                           "{'a': 1.10}",
                           "{'a': 0.00001}",
                           "{'a': 1e5}",
                           "{'a': -0}",
                           "{'a': '\\x41'}",
                           "{'a': (1)}",
                           "{'a', 'b'}",
                           "{'a': inf}",
                           "{1: 2}",
                           "{'a': 1} ",
                           "{'a': 'x\u00a0y'}",
                           "{'a': 1234567890123456789}",
                           "{'a': \"it's \\\"\"}",
                           "f(x)"}) {
    EXPECT_FALSE(InspectLiteral(text).certain) << text;
  }
}

TEST(PythonLiteral, SeesDictionariesAndTheirKeys) {
  EXPECT_TRUE(InspectLiteral("{}").dictionary);
  EXPECT_TRUE(InspectLiteral("{'a': inf}").dictionary);
  EXPECT_FALSE(InspectLiteral("{'a', 'b'}").dictionary);
  EXPECT_FALSE(InspectLiteral("[{'a': 1}]").dictionary);
  EXPECT_TRUE(InspectLiteral("{'B': 1, 'a': 1}").sorted);
  EXPECT_FALSE(InspectLiteral("{'b': 1, 'a': 1}").sorted);
  EXPECT_FALSE(InspectLiteral("{'B': 1, 'a': 1}").lower_case);
  EXPECT_TRUE(InspectLiteral("{'b_1': {'X': 1}, 'a': 1}").lower_case);
  EXPECT_FALSE(InspectLiteral("{'ä': 1}").lower_case);
}

}  // namespace
}  // namespace stateserver::migrations
