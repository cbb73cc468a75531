// SPDX-License-Identifier: Apache-2.0
//
// Expressions and lists that nest deeper than any: they have no rule, and stop nothing.
#include "common/depth.h"

#include <gtest/gtest.h>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/gen.h"

namespace stateserver::fingerprint {
namespace {

std::string Times(int count, std::string_view text) {
  std::string out;
  for (int i = 0; i < count; ++i) out.append(text);
  return out;
}

// The gen text, or why there is none.
std::string Gen(const std::string& text, std::string_view dialect = "duckdb") {
  std::string out;
  Unsupported unsupported;
  GenOptions options;
  options.dialect = FindExpressionDialect(dialect);
  return GenExpression(text, options, &out, &unsupported) ? out : unsupported.phrase();
}

TEST(GenDepthTest, EveryWayToNest) {
  for (std::string_view opening : {"(", "[", "f(", "- ", "NOT ", "CASE WHEN ", "CAST(", "@m("}) {
    std::string phrase = Gen(Times(60'000, opening));
    EXPECT_TRUE(phrase.ends_with(", for its depth")) << opening << ": " << phrase;
  }
  std::string casts = Gen("a" + Times(60'000, "::INT"));
  EXPECT_TRUE(casts.ends_with(", for its depth")) << casts;
}

TEST(GenDepthTest, WhatIsDeepAndStillHasARule) {
  // A parenthesis is two levels: an expression and its operand.
  constexpr int kLevels = kMostDepth / 2 - 1;
  EXPECT_EQ(Gen(Cat(Times(kLevels, "("), "a", Times(kLevels, ")"))),
            Cat(Times(kLevels, "("), "a", Times(kLevels, ")")));
}

TEST(GenDepthTest, ManyOperators) {
  EXPECT_EQ(Gen("a || b || c"),
            Cat("DPIPE :this,DPIPE :this,a,:expression,b,:safe,",
                FindExpressionDialect("duckdb")->concat_tail, ",:expression,c,:safe,",
                FindExpressionDialect("duckdb")->concat_tail));
  std::string sum = "a" + Times(100'000, " + a");
  EXPECT_EQ(Gen(sum), sum);
  EXPECT_GT(Gen("a" + Times(100'000, " || a")).size(), 2'000'000u);
}

TEST(GenDepthTest, Grants) {
  GrantList grants;
  Unsupported unsupported;
  const Dialect* dialect = FindExpressionDialect("duckdb");
  EXPECT_FALSE(ReadGrants("('select' = " + Times(60'000, "["), dialect, &grants, &unsupported));
  EXPECT_EQ(unsupported.phrase(), "grants, for their depth");
  Unsupported none;
  EXPECT_TRUE(ReadGrants("('select' = [['a'], 'b'])", dialect, &grants, &none)) << none.phrase();
}

}  // namespace
}  // namespace stateserver::fingerprint
