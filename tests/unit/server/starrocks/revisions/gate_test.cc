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

// `missing` are names that were looked up and do not exist.
Surroundings Live(const std::string& sql, std::set<std::string> missing = {}) {
  Surroundings around;
  schema::LiveSchema& live = around.live;
  live.database = "db";
  live.engine.version = {4, 0, 2};
  for (schema::Object& object : schema::ParseScript(sql, "live", "db").objects) {
    missing.insert(object.name.name);
    live.objects.push_back({std::move(object), std::nullopt, ""});
  }
  around.looked_up = std::move(missing);
  return around;
}

struct Checked {
  absl::Status status;
  RevisionRunPlan plan;
};

Checked CheckOne(PlannedRun run, const Surroundings& around) {
  Checked out;
  out.plan.runs.push_back(std::move(run));
  out.plan.engine = around.live.engine;
  out.status = CheckRun(around, &out.plan);
  return out;
}

Checked Check(const Revision& revision, const std::string& live,
              std::vector<JournalEntry> entries = {}, Direction direction = Direction::kUpgrade) {
  PlannedRun run;
  run.revision = &revision;
  run.direction = direction;
  run.entries = std::move(entries);
  return CheckOne(std::move(run), Live(live));
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
  std::string unapproved;
  absl::Status status = CheckUndo(Live(kUsers), revision, steps, {}, &unapproved);
  EXPECT_EQ(ReasonOf(status), Reason::STATEMENT_FAILED);
  EXPECT_EQ(std::string(status.message())
                .rfind("StarRocks would refuse statement 2 of the downgrade of revision 'a'", 0),
            0U)
      << status;
  EXPECT_TRUE(CheckUndo(Live(kUsers), revision, {steps[0]}, {}, &unapproved).ok());
  JournalEntry done;
  done.compensates = true;
  done.seq = 2;
  done.status = EntryStatus::kDone;
  EXPECT_TRUE(CheckUndo(Live(kUsers), revision, steps, {done}, &unapproved).ok());
  EXPECT_EQ(unapproved, "");
}

TEST(GateTest, AnUndoThatDestroysBeforeTheUnknownNeedsApproval) {
  Revision revision = MakeGated(
      "ALTER TABLE users SET (\"labels.location\" = \"r:a\");\n"
      "ALTER TABLE users ADD COLUMN a INT NULL;",
      "ALTER TABLE users DROP COLUMN nm;\n"
      "ALTER TABLE users SET (\"labels.location\" = \"r:b\");");
  const std::string words =
      "statement 1 of the downgrade of revision 'a' destroys data, and it is not known whether "
      "StarRocks takes statement 2 of the downgrade of revision 'a' after it";
  std::string unapproved;
  EXPECT_TRUE(CheckUndo(Live(kUsers), revision,
                        {{1, &revision.downgrade[0]}, {2, &revision.downgrade[1]}}, {}, &unapproved)
                  .ok());
  EXPECT_EQ(unapproved, words);

  // The plan of a downgrade of a partly applied revision says so, too.
  PlannedRun run;
  run.revision = &revision;
  run.compensate = true;
  for (int seq : {1, 2}) {
    JournalEntry& entry = run.entries.emplace_back();
    entry.seq = seq;
    entry.status = EntryStatus::kDone;
  }
  Checked checked = CheckOne(run, Live(kUsers));
  EXPECT_TRUE(checked.status.ok()) << checked.status;
  EXPECT_EQ(checked.plan.unapproved, words);
  run.entries[1].status = EntryStatus::kSent;
  EXPECT_EQ(CheckOne(run, Live(kUsers)).plan.unapproved, "");  // what is undone is not known
}

TEST(GateTest, WhatIsUndoneIsRefusedAtPlanTime) {
  Revision revision = MakeGated("ALTER TABLE users ADD COLUMN a INT NULL;",
                                "ALTER TABLE users DROP COLUMN nothing;");
  PlannedRun run;
  run.revision = &revision;
  run.compensate = true;
  JournalEntry& entry = run.entries.emplace_back();
  entry.seq = 1;
  entry.status = EntryStatus::kDone;
  Checked checked = CheckOne(run, Live(kUsers));
  EXPECT_NE(std::string(checked.status.message()).find("Column does not exists: nothing"),
            std::string::npos)
      << checked.status;
}

TEST(GateTest, ParentsOfForeignKeysAreLookedUp) {
  const std::string set =
      "ALTER TABLE users SET (\"foreign_key_constraints\" = \"(id) REFERENCES parent(id)\");";
  Revision revision = MakeGated(set);
  EXPECT_EQ(NamesOf(revision.upgrade, "db"), (std::set<std::string>{"parent", "users"}));
  PlannedRun run;
  run.revision = &revision;
  Checked missing = CheckOne(run, Live(kUsers, {"parent"}));
  EXPECT_NE(std::string(missing.status.message()).find("table:parent do not exist"),
            std::string::npos)
      << missing.status;
  // Not looked up.
  Checked unknown = CheckOne(run, Live(kUsers));
  EXPECT_TRUE(unknown.status.ok());
  ASSERT_EQ(unknown.plan.warnings.size(), 1U);
  EXPECT_NE(unknown.plan.warnings[0].find("the table parent"), std::string::npos);
  const std::string parent =
      "CREATE TABLE parent (id INT NOT NULL) PRIMARY KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 2 "
      "PROPERTIES (\"replication_num\" = \"1\");";
  Checked fine = CheckOne(run, Live(kUsers + parent));
  EXPECT_TRUE(fine.status.ok()) << fine.status;
  EXPECT_TRUE(fine.plan.warnings.empty());
}

TEST(GateTest, OtherDatabasesAreUnknown) {
  Revision revision = MakeGated(
      "ALTER TABLE users SET (\"foreign_key_constraints\" = \"(id) REFERENCES o.users(id)\");\n"
      "CREATE VIEW v AS SELECT id FROM other.users;");
  EXPECT_EQ(NamesOf(revision.upgrade, "db"), (std::set<std::string>{"users", "v"}));
  Checked checked = Check(revision, kUsers);
  EXPECT_TRUE(checked.status.ok()) << checked.status;
  ASSERT_EQ(checked.plan.warnings.size(), 2U);
  EXPECT_NE(checked.plan.warnings[0].find("the table o.users"), std::string::npos);
  EXPECT_NE(checked.plan.warnings[1].find("the columns of other.users"), std::string::npos);
}

TEST(GateTest, SynchronousViewsProtectTheirColumns) {
  Revision revision = MakeGated("ALTER TABLE users DROP COLUMN nm;");
  const std::string view =
      "CREATE MATERIALIZED VIEW totals AS SELECT id, count(nm) FROM users GROUP BY id;";
  EXPECT_TRUE(Check(revision, kUsers).status.ok());
  Checked checked = Check(revision, kUsers + view);
  EXPECT_NE(std::string(checked.status.message()).find("related rollup totals"), std::string::npos)
      << checked.status;
}

TEST(GateTest, MaterializedViewsThatBecomeInactiveAreSaid) {
  const std::string views =
      "CREATE VIEW v AS SELECT nm FROM users;"
      "CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(nm) REFRESH MANUAL PROPERTIES "
      "(\"replication_num\" = \"1\") AS SELECT nm FROM v;";
  const std::string widen = "ALTER TABLE users MODIFY COLUMN nm VARCHAR(30) NULL;";
  Checked checked = Check(MakeGated(widen), kUsers + views);
  EXPECT_TRUE(checked.status.ok()) << checked.status;
  EXPECT_EQ(checked.plan.warnings,
            std::vector<std::string>{
                "the materialized view m becomes inactive (base table schema changed for columns: "
                "nm): ALTER MATERIALIZED VIEW m ACTIVE activates it again if its columns are the "
                "same"});
  checked = Check(MakeGated(widen + "\nALTER MATERIALIZED VIEW m ACTIVE;"), kUsers + views);
  EXPECT_TRUE(checked.plan.warnings.empty()) << checked.plan.warnings[0];
  checked = Check(MakeGated("ALTER TABLE users ADD COLUMN a INT NULL;"), kUsers + views);
  EXPECT_TRUE(checked.plan.warnings.empty()) << checked.plan.warnings[0];
}

TEST(GateTest, TheCallEndsTheCheck) {
  Revision revision = MakeGated("ALTER TABLE users DROP COLUMN nm;");
  RevisionRunPlan plan;
  PlannedRun& run = plan.runs.emplace_back();
  run.revision = &revision;
  WorkMeter meter([] { return absl::CancelledError("over"); });
  EXPECT_EQ(CheckRun(Live(kUsers), &plan, &meter), absl::CancelledError("over"));
}

TEST(GateTest, WhatWasLeftOutIsSaid) {
  Revision revision = MakeGated("ALTER TABLE users DROP COLUMN nm;");
  PlannedRun run;
  run.revision = &revision;
  Surroundings around = Live(kUsers);
  around.left_out = 7;
  EXPECT_EQ(CheckOne(run, around).plan.warnings,
            std::vector<std::string>{"7 views and relations around the changed objects were not "
                                     "read: what the plan does to them is not known"});
}

TEST(GateTest, RowsAreNotJudged) {
  Revision revision = MakeGated("INSERT INTO users VALUES (1, 'x');\nUPDATE users SET nm = 'y';");
  Checked checked = Check(revision, kUsers);
  EXPECT_TRUE(checked.status.ok());
  EXPECT_TRUE(checked.plan.warnings.empty());
}

}  // namespace
}  // namespace stateserver::revisions
