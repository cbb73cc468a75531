// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/gate.h"

#include <gtest/gtest.h>

#include "common/error.h"
#include "revisions/revision_file.h"
#include "server/starrocks/ddl/script.h"

namespace stateserver::revisions {
namespace {

constexpr char kUsers[] =
    "CREATE TABLE users (id INT NOT NULL, nm VARCHAR(20) NULL) DUPLICATE KEY(id) "
    "DISTRIBUTED BY HASH(id) BUCKETS 2 PROPERTIES (\"replication_num\" = \"1\");";

Revision MakeGated(const std::string& upgrade, const std::string& downgrade = "") {
  return *ReadRevision(
      "a.sql", "-- revision: a\n-- +upgrade\n" + upgrade + "\n-- +downgrade\n" + downgrade + "\n");
}

schema::LiveSchema Live(const std::string& sql) {
  schema::LiveSchema live;
  live.database = "db";
  live.engine.version = {4, 0, 2};
  for (schema::Object& object : schema::ParseScript(sql, "live", "db").objects) {
    live.objects.push_back({std::move(object), std::nullopt, ""});
  }
  return live;
}

struct Checked {
  absl::Status status;
  RevisionRunPlan plan;
};

Checked Check(const Revision& revision, const std::string& live,
              std::vector<JournalEntry> entries = {}, Direction direction = Direction::kUpgrade) {
  Checked out;
  PlannedRun run;
  run.revision = &revision;
  run.direction = direction;
  run.entries = std::move(entries);
  out.plan.runs.push_back(std::move(run));
  schema::LiveSchema schema = Live(live);
  out.plan.engine = schema.engine;
  out.status = CheckRun(schema, &out.plan);
  return out;
}

TEST(GateTest, ARefusalNamesTheStatementTheWordsAndTheEvidence) {
  Revision revision = MakeGated(
      "ALTER TABLE users ADD COLUMN a INT NULL;\nALTER TABLE users ADD COLUMN a INT NULL;");
  Checked checked = Check(revision, kUsers);
  EXPECT_EQ(ReasonOf(checked.status), Reason::STATEMENT_FAILED);
  EXPECT_EQ(checked.status.message(),
            "StarRocks would refuse statement 2 of revision 'a', `ALTER TABLE users ADD COLUMN a "
            "INT NULL`: Can not add column which already exists in base table: a (measured 4.0). "
            "Nothing was changed.");
}

TEST(GateTest, DowngradesAreCheckedToo) {
  Revision revision =
      MakeGated("ALTER TABLE users ADD COLUMN a INT NULL;", "ALTER TABLE users DROP COLUMN b;");
  EXPECT_TRUE(Check(revision, kUsers).status.ok());
  Checked back = Check(revision, kUsers, {}, Direction::kDowngrade);
  EXPECT_NE(std::string(back.status.message()).find("Column does not exists: b"),
            std::string::npos);
}

TEST(GateTest, AnUnknownStatementIsNamed) {
  Revision revision = MakeGated("ALTER TABLE users SET (\"labels.location\" = \"rack:a\");");
  Checked checked = Check(revision, kUsers);
  EXPECT_TRUE(checked.status.ok());
  EXPECT_EQ(checked.plan.warnings,
            std::vector<std::string>{"it is not known whether StarRocks takes statement 1 of "
                                     "revision 'a': the locations of the back ends"});
  EXPECT_EQ(checked.plan.unapproved, "");
}

TEST(GateTest, DestructionBeforeAnUnknownStatementNeedsApproval) {
  Revision revision = MakeGated(
      "ALTER TABLE users DROP COLUMN nm;\nALTER TABLE users SET (\"labels.location\" = \"r:a\");");
  EXPECT_EQ(Check(revision, kUsers).plan.unapproved,
            "statement 1 of revision 'a' destroys data, and it is not known whether StarRocks "
            "takes statement 2 of revision 'a' after it");
  Revision other = MakeGated(
      "ALTER TABLE users SET (\"labels.location\" = \"r:a\");\nALTER TABLE users DROP COLUMN nm;");
  EXPECT_EQ(Check(other, kUsers).plan.unapproved,
            "");  // what is not known does not depend on the destruction
}

TEST(GateTest, WhatIsDoneIsNotCheckedAgain) {
  Revision revision = MakeGated(
      "ALTER TABLE users ADD COLUMN a INT NULL;\nALTER TABLE users ADD COLUMN b INT NULL;");
  JournalEntry done;
  done.seq = 1;
  done.status = EntryStatus::kDone;
  std::string live = kUsers;
  live.replace(live.find("NULL)"), 5, "NULL, a INT NULL)");
  EXPECT_TRUE(Check(revision, live, {done}).status.ok());
  EXPECT_FALSE(Check(revision, live).status.ok());
  done.status = EntryStatus::kSent;  // it may or may not have taken effect
  EXPECT_TRUE(Check(revision, live, {done}).status.ok());
}

TEST(GateTest, WhatUndoesIsCheckedToo) {
  Revision revision =
      MakeGated("ALTER TABLE users ADD COLUMN a INT NULL;",
                "ALTER TABLE users DROP COLUMN nm;\nALTER TABLE users DROP COLUMN id;");
  std::vector<NumberedStep> steps = {{1, &revision.downgrade[0]}, {2, &revision.downgrade[1]}};
  absl::Status status = CheckUndo(Live(kUsers), revision, steps, {});
  EXPECT_EQ(ReasonOf(status), Reason::STATEMENT_FAILED);
  EXPECT_EQ(std::string(status.message()).rfind("StarRocks would refuse statement 2", 0), 0U)
      << status;
  EXPECT_TRUE(CheckUndo(Live(kUsers), revision, {steps[0]}, {}).ok());
  JournalEntry done;
  done.compensates = true;
  done.seq = 2;
  done.status = EntryStatus::kDone;
  EXPECT_TRUE(CheckUndo(Live(kUsers), revision, steps, {done}).ok());
}

TEST(GateTest, RowsAreNotJudged) {
  Revision revision = MakeGated("INSERT INTO users VALUES (1, 'x');\nUPDATE users SET nm = 'y';");
  Checked checked = Check(revision, kUsers);
  EXPECT_TRUE(checked.status.ok());
  EXPECT_TRUE(checked.plan.warnings.empty());
}

TEST(GateTest, RelationsOfQueriesAreRead) {
  Revision revision = MakeGated("CREATE VIEW v AS SELECT id FROM w;");
  EXPECT_EQ(ReadByQueries(revision.upgrade), (std::set<std::string>{"v", "w"}));
  EXPECT_EQ(ReadByViews(Live("CREATE VIEW w AS SELECT id FROM users;")),
            std::set<std::string>{"users"});
}

}  // namespace
}  // namespace stateserver::revisions
