// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/readers.h"

#include <gtest/gtest.h>

namespace stateserver::starrocks {
namespace {

using Kind = ListedDefinition::Kind;
using Names = std::set<std::string>;

ListedDefinition View(const std::string& query) { return {Kind::kView, query}; }

ListedDefinition Materialized(const std::string& query) {
  return {Kind::kMaterialized,
          "CREATE MATERIALIZED VIEW `m` (`k`)\nDISTRIBUTED BY RANDOM\nREFRESH MANUAL\nAS " + query};
}

TEST(ReadersTest, ViewsCountOnlyBelowAMaterializedView) {
  std::map<std::string, ListedDefinition> listed = {
      {"m", Materialized("SELECT k FROM v JOIN other USING (k)")},
      {"v", View("SELECT `db`.`t`.`k` FROM `db`.`t`")},
      {"alone", View("SELECT k FROM t")},
      {"above", View("SELECT k FROM m")},
      {"top", Materialized("SELECT k FROM above")},
      {"else", Materialized("SELECT k FROM other")},
  };
  EXPECT_EQ(FindReaders(listed, {"t"}, "db"), (Names{"above", "m", "top", "v"}));
  EXPECT_EQ(FindReaders(listed, {"m"}, "db"), (Names{"above", "top"}));
  EXPECT_EQ(FindReaders(listed, {"nothing"}, "db"), Names());
}

TEST(ReadersTest, SynchronousViewsBelongToTheirTable) {
  std::map<std::string, ListedDefinition> listed = {
      {"s",
       {Kind::kSynchronous, "CREATE MATERIALIZED VIEW s AS SELECT k, sum(v) FROM t GROUP BY k"}},
      {"o", {Kind::kSynchronous, "CREATE MATERIALIZED VIEW o AS SELECT k FROM other"}},
      {"x", {Kind::kSynchronous, "create materialized view x as a text of `t` that nobody reads"}},
  };
  EXPECT_EQ(FindReaders(listed, {"t"}, "db"), (Names{"s", "x"}));
}

TEST(ReadersTest, OtherDatabasesDoNotCount) {
  std::map<std::string, ListedDefinition> listed = {{"m", Materialized("SELECT k FROM other.t")}};
  EXPECT_EQ(FindReaders(listed, {"t"}, "db"), Names());
}

TEST(ReadersTest, ViewsThatReadOneAnotherEnd) {
  std::map<std::string, ListedDefinition> listed = {{"a", View("SELECT k FROM b, t")},
                                                    {"b", View("SELECT k FROM a")},
                                                    {"m", Materialized("SELECT k FROM b")}};
  EXPECT_EQ(FindReaders(listed, {"t"}, "db"), (Names{"a", "b", "m"}));
}

}  // namespace
}  // namespace stateserver::starrocks
