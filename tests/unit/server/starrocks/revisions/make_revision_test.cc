// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "common/text.h"
#include "revisions/revision_file.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/revisions/autogenerate.h"

namespace stateserver::revisions {
namespace {

std::vector<schema::Object> Objects(const std::string& sql) {
  return schema::ParseScript(sql, "test", "db").objects;
}

Revision Plan(const std::string& from, const std::string& to) {
  schema::LiveSchema live;
  live.database = "db";
  for (schema::Object& one : Objects(from)) live.objects.push_back({one, std::nullopt, ""});
  std::vector<schema::Object> wanted = Objects(to);
  schema::PlanOptions options;
  options.drop_undeclared = true;
  schema::Plan plan = *schema::MakePlan(live, /*printed=*/true, wanted, options);
  return MakeRevision({"abc", {"p1"}, {}, {}, "change"}, plan, live, wanted);
}

constexpr char kTable[] =
    "CREATE TABLE t (a INT NOT NULL, b INT) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 2;";

TEST(MakeRevisionTest, StepsAndTheirUndoBackwards) {
  Revision revision =
      Plan("", std::string(kTable) +
                   "CREATE TABLE u (a INT NOT NULL) DUPLICATE KEY(a) DISTRIBUTED BY "
                   "HASH(a) BUCKETS 2;");
  ASSERT_EQ(revision.upgrade.size(), 2u);
  ASSERT_EQ(revision.downgrade.size(), 2u);
  EXPECT_EQ(revision.upgrade[0].notes.object, "t");
  EXPECT_EQ(revision.upgrade[0].notes.before, "-");
  EXPECT_EQ(revision.downgrade[0].statement, "DROP TABLE `u`");
  EXPECT_EQ(revision.downgrade[0].notes.undoes, 2);
  EXPECT_TRUE(revision.downgrade[0].notes.destructive);
  EXPECT_EQ(revision.downgrade[1].notes.undoes, 1);
  EXPECT_EQ(revision.down, std::vector<std::string>{"p1"});
  EXPECT_NE(revision.before, revision.after);
}

TEST(MakeRevisionTest, DigestsChainFromStepToStep) {
  Revision revision =
      Plan(kTable,
           "CREATE TABLE t (a INT NOT NULL, b INT, c INT) DUPLICATE KEY(a) COMMENT \"x\" "
           "DISTRIBUTED BY HASH(a) BUCKETS 2;");
  ASSERT_EQ(revision.upgrade.size(), 2u);
  EXPECT_EQ(revision.upgrade[0].notes.after, revision.upgrade[1].notes.before);
  EXPECT_EQ(revision.downgrade[0].notes.before, revision.upgrade[1].notes.after);
  EXPECT_EQ(revision.downgrade[1].notes.after, revision.upgrade[0].notes.before);
}

TEST(MakeRevisionTest, WhatCannotBeTakenBackSaysWhy) {
  Revision revision =
      Plan("CREATE TABLE t (a INT NOT NULL, b VARCHAR(5)) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a);",
           "CREATE TABLE t (a INT NOT NULL, b VARCHAR(9)) DUPLICATE KEY(a) DISTRIBUTED BY "
           "HASH(a);");
  EXPECT_EQ(revision.irreversible, std::vector<std::string>{"t: Cannot shorten string length"});
  EXPECT_TRUE(revision.downgrade.empty());
}

TEST(MakeRevisionTest, TheDowngradeFollowsTheOrderOfThePlan) {
  Revision revision = Plan(
      std::string(kTable) + "CREATE VIEW v AS SELECT a, b FROM t;",
      "CREATE TABLE t (a INT NOT NULL, c INT) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 2;"
      "CREATE VIEW v AS SELECT a, c FROM t;");
  std::vector<std::string> upgrade, downgrade;
  for (const SqlStep& step : revision.upgrade) upgrade.push_back(step.statement);
  for (const SqlStep& step : revision.downgrade) downgrade.push_back(step.statement);
  EXPECT_EQ(upgrade, (std::vector<std::string>{"ALTER TABLE `t` ADD COLUMN `c` INT NULL",
                                               "ALTER VIEW `v` AS SELECT a, c FROM t",
                                               "ALTER TABLE `t` DROP COLUMN `b`"}));
  EXPECT_EQ(downgrade,
            (std::vector<std::string>{"ALTER TABLE `t` ADD COLUMN `b` INT NULL AFTER `a`",
                                      "ALTER VIEW `v` AS SELECT a, b FROM t",
                                      "ALTER TABLE `t` DROP COLUMN `c`"}));
}

TEST(MakeRevisionTest, LossAndRefusalsAreRemarks) {
  Revision revision = Plan(
      "CREATE TABLE t (a INT NOT NULL, b VARCHAR(9), c INT) DUPLICATE KEY(a) DISTRIBUTED BY "
      "HASH(a);",
      "CREATE TABLE t (a INT NOT NULL, b VARCHAR(5)) DUPLICATE KEY(a) DISTRIBUTED BY "
      "HASH(a);");
  std::string text = PrintRevision(revision);
  EXPECT_NE(text.find("-- lossy downgrade: t: What is dropped comes back without its data"),
            text.npos)
      << text;
  EXPECT_NE(text.find("-- refused: t column b: Cannot shorten string length"), text.npos) << text;
  EXPECT_TRUE(ReadRevision("a.sql", text).ok());
}

schema::LiveSchema LiveWith(const std::string& sql) {
  schema::LiveSchema live;
  live.database = "db";
  for (schema::Object& one : Objects(sql)) live.objects.push_back({one, std::nullopt, ""});
  return live;
}

ProposalRequest RequestOf(ProposalRequest::Kind kind) {
  ProposalRequest request;
  request.kind = kind;
  request.header.id = "abc";
  request.options.looked_at = [](const schema::ObjectName&) { return true; };
  return request;
}

size_t CountUnknown(const Proposal& proposal) {
  size_t count = 0;
  for (const schema::PlanWarning& one : proposal.plan.warnings) {
    bool unknown = one.message.starts_with("it is not known whether StarRocks takes statement ");
    count += unknown ? 1 : 0;
  }
  return count;
}

constexpr char kOddView[] =
    "CREATE VIEW v AS SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1;";

TEST(ProposeTest, AFirstRevisionIsChecked) {
  schema::LiveSchema live = LiveWith(std::string(kTable) + kOddView);
  auto proposal = Propose(RequestOf(ProposalRequest::Kind::kBaseline), {}, live, {});
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  EXPECT_EQ(proposal->revision.upgrade.size(), 2u);
  EXPECT_EQ(CountUnknown(*proposal), 1u);
  ASSERT_FALSE(proposal->revision.remarks.empty());
  EXPECT_NE(proposal->revision.remarks[0].find("it is not known"), std::string::npos);
}

TEST(ProposeTest, AnAdoptedRevisionIsChecked) {
  schema::LiveSchema live = LiveWith(std::string(kTable) + kOddView);
  std::map<std::string, KnownObject> known = {{"t", {"?", kTable, "r1"}}};
  auto proposal = Propose(RequestOf(ProposalRequest::Kind::kAdopt), known, live, Objects(kOddView));
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  EXPECT_EQ(CountUnknown(*proposal), 1u);
}

TEST(ProposeTest, AnAdoptedViewMayReadATableOfNoRevision) {
  constexpr char kView[] = "CREATE VIEW v AS SELECT t.a FROM t JOIN other ON t.a = other.a;";
  constexpr char kOther[] =
      "CREATE TABLE other (a INT NOT NULL) DUPLICATE KEY(a) DISTRIBUTED BY HASH(a) BUCKETS 2;";
  schema::LiveSchema live = LiveWith(Cat(kTable, kOther, kView));
  std::map<std::string, KnownObject> known = {{"t", {"?", kTable, "r1"}}};
  auto proposal = Propose(RequestOf(ProposalRequest::Kind::kAdopt), known, live, Objects(kView));
  ASSERT_TRUE(proposal.ok()) << proposal.status();
  EXPECT_EQ(proposal->revision.upgrade.size(), 1u);
  EXPECT_TRUE(proposal->plan.refusals.empty()) << proposal->plan.refusals[0].reason;
  EXPECT_EQ(CountUnknown(*proposal), 0u);
  EXPECT_TRUE(proposal->revision.irreversible.empty());
}

}  // namespace
}  // namespace stateserver::revisions
