// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/past_changes.h"

#include <gtest/gtest.h>

namespace stateserver::revisions {
namespace {

PastChanges Read(const std::vector<std::string>& statements, bool applied = true) {
  Revision revision;
  revision.id = "a";
  for (const std::string& statement : statements) {
    revision.upgrade.emplace_back().statement = statement;
  }
  auto graph = Graph::Make({revision});
  EXPECT_TRUE(graph.ok()) << graph.status();
  std::map<std::string, std::string> ids;
  if (applied) ids["a"] = "sum";
  return PastChanges(*graph, ids);
}

constexpr char kCreate[] =
    "CREATE TABLE `t` (k INT) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) PROPERTIES "
    "(\"replication_num\" = \"1\", \"write_quorum\" = \"ALL\")";

TEST(PastChangesTest, PropertiesOfCreateAndSet) {
  PastChanges past = Read({kCreate, "ALTER TABLE t SET (\"default.storage_medium\" = \"SSD\")"});
  EXPECT_TRUE(past.Sets("t", "replication_num"));
  EXPECT_TRUE(past.Sets("t", "storage_medium"));
  EXPECT_FALSE(past.Sets("t", "bucket_size"));
  EXPECT_FALSE(past.Sets("u", "replication_num"));
  EXPECT_FALSE(Read({kCreate}, /*applied=*/false).Sets("t", "replication_num"));
  EXPECT_FALSE(Read({kCreate, "DROP TABLE `t`"}).Sets("t", "replication_num"));
}

TEST(PastChangesTest, CopiesOfShowCreateSetNothingThatIsAlwaysPrinted) {
  PastChanges past =
      Read({"CREATE TABLE t (k INT) DISTRIBUTED BY HASH(k) PROPERTIES (\"compression\" = \"LZ4\", "
            "\"fast_schema_evolution\" = \"true\", \"replicated_storage\" = \"true\", "
            "\"replication_num\" = \"1\", \"write_quorum\" = \"ALL\")"});
  EXPECT_FALSE(past.Sets("t", "replication_num"));
  EXPECT_TRUE(past.Sets("t", "write_quorum"));
}

TEST(PastChangesTest, RenamesAndSwapsCarryTheFactsAlong) {
  PastChanges renamed = Read({kCreate, "ALTER TABLE `t` RENAME `u`"});
  EXPECT_TRUE(renamed.Sets("u", "write_quorum"));
  EXPECT_FALSE(renamed.Sets("t", "write_quorum"));
  PastChanges swapped =
      Read({kCreate, "CREATE TABLE t__new (k INT) PROPERTIES (\"bucket_size\" = \"1\")",
            "ALTER TABLE `t` SWAP WITH `t__new`", "ALTER TABLE `t__new` RENAME `t__undo`"});
  EXPECT_TRUE(swapped.Sets("t", "bucket_size"));
  EXPECT_TRUE(swapped.Sets("t__undo", "write_quorum"));
}

TEST(PastChangesTest, FormerNamesOfColumns) {
  using Names = std::set<std::string>;
  std::string a_to_b = "ALTER TABLE t RENAME COLUMN `A` TO `b`";
  EXPECT_EQ(Read({kCreate, a_to_b}).FormerColumns("t"), Names{"a"});
  EXPECT_EQ(Read({kCreate, a_to_b, "ALTER TABLE t RENAME COLUMN b TO c"}).FormerColumns("t"),
            Names{"a"});
  EXPECT_EQ(Read({kCreate, a_to_b, "ALTER TABLE t RENAME COLUMN b TO a"}).FormerColumns("t"),
            Names{});
  EXPECT_EQ(Read({kCreate, a_to_b, "ALTER TABLE t DROP COLUMN b"}).FormerColumns("t"), Names{});
  EXPECT_EQ(Read({kCreate}).FormerColumns("u"), Names{});
}

}  // namespace
}  // namespace stateserver::revisions
