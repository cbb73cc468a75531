// SPDX-License-Identifier: Apache-2.0
//
// docs/starrocks.md and the code say the same.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "server/starrocks/diff/lint.h"
#include "server/starrocks/diff/plan/capabilities.h"

namespace stateserver::schema {
namespace {

std::string Document() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/../../docs/starrocks.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(DocsTest, LintRulesInTheirOrder) {
  std::string document = Document(), rows;
  for (const LintRule& rule : LintRules()) {
    rows += "| `" + std::string(rule.name) + "` | " + std::string(rule.about) + " |\n";
  }
  EXPECT_NE(document.find("| --- | --- |\n" + rows), std::string::npos) << rows;
}

TEST(DocsTest, VersionsOfFeatures) {
  std::string document = Document();
  for (int i = 0; i <= static_cast<int>(Feature::kTableSwap); ++i) {
    auto missing = Missing(static_cast<Feature>(i), {2, 5, 0});
    if (!missing) continue;
    size_t begin = missing->find("; ") + 2;
    std::string since = missing->substr(begin, missing->find(" and later") - begin);
    EXPECT_NE(document.find("\n| " + since), std::string::npos) << *missing;
  }
  EXPECT_TRUE(Has(Feature::kTableSwap, {2, 5, 0}));
  EXPECT_TRUE(Has(Feature::kDefaultBuckets, {3, 5, 8}));
  EXPECT_FALSE(Has(Feature::kDefaultBuckets, {4, 0, 0}));
  EXPECT_TRUE(Has(Feature::kStructFields, {3, 2, 10}));
  EXPECT_FALSE(Has(Feature::kStructFields, {3, 3, 1}));
}

}  // namespace
}  // namespace stateserver::schema
