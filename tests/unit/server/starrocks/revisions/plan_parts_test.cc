// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "common/error.h"
#include "revisions/revision_file.h"
#include "server/starrocks/revisions/autogenerate.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/recover.h"

namespace stateserver::revisions {
namespace {

Revision Make(const std::string& upgrade, const std::string& downgrade) {
  return *ReadRevision(
      "a.sql", "-- revision: a\n-- +upgrade\n" + upgrade + "\n-- +downgrade\n" + downgrade + "\n");
}

std::string Numbers(const absl::StatusOr<std::vector<NumberedStep>>& steps) {
  if (!steps.ok()) return std::string(steps.status().message());
  std::string out;
  for (const NumberedStep& one : *steps) out += (out.empty() ? "" : " ") + std::to_string(one.seq);
  return out;
}

// --- compensation ----------------------------------------------------------------------
TEST(CompensationTest, AMirroredDowngradeGoesBackwards) {
  Revision revision =
      Make("CREATE TABLE a (x INT); CREATE TABLE b (x INT); CREATE TABLE c (x INT);",
           "DROP TABLE c; DROP TABLE b; DROP TABLE a;");
  EXPECT_EQ(Numbers(CompensatingSteps(revision, {1, 2})), "2 3");
  EXPECT_EQ(Numbers(CompensatingSteps(revision, {})), "");
}

TEST(CompensationTest, NotesSayWhatUndoesWhat) {
  Revision revision = Make("CREATE TABLE a (x INT); CREATE TABLE b (x INT);",
                           "-- step: undoes=2\nDROP TABLE b;\n-- step: undoes=1\nDELETE FROM log;\n"
                           "-- step: undoes=1\nDROP TABLE a;");
  EXPECT_EQ(Numbers(CompensatingSteps(revision, {1})), "2 3");
}

TEST(CompensationTest, WhatNothingUndoesIsRefused) {
  Revision revision =
      Make("CREATE TABLE a (x INT); CREATE TABLE b (x INT);", "-- step: undoes=1\nDROP TABLE a;");
  EXPECT_EQ(Numbers(CompensatingSteps(revision, {1})), "1");
  absl::Status status = CompensatingSteps(revision, {1, 2}).status();
  EXPECT_EQ(ReasonOf(status), Reason::REVISION_IRREVERSIBLE);
  EXPECT_EQ(status.message(),
            "Statement 2 of revision 'a' is done, and no statement of the downgrade undoes it.");
}

TEST(CompensationTest, WhatDoesNoHarmNeedsNoUndo) {
  Revision revision = Make("REFRESH MATERIALIZED VIEW m; CREATE TABLE b (x INT);",
                           "-- step: undoes=2\nDROP TABLE b;");
  EXPECT_EQ(Numbers(CompensatingSteps(revision, {1, 2})), "1");
}

// --- what would fail ---------------------------------------------------------------------
std::string Check(const Revision& revision, std::map<std::string, bool> live,
                  std::vector<JournalEntry> entries = {}) {
  PlannedRun run;
  run.revision = &revision;
  run.entries = std::move(entries);
  Presence presence{std::move(live)};
  return std::string(CheckFeasible(run, &presence).message());
}

TEST(FeasibleTest, CreatesDropsAndRenamesAreFollowed) {
  Revision revision = Make(
      "CREATE TABLE t (a INT); ALTER TABLE t RENAME u; ALTER TABLE u COMMENT = 'x';"
      "DROP TABLE u; CREATE TABLE u (a INT);",
      "");
  EXPECT_EQ(Check(revision, {{"t", false}, {"u", false}}), "");
  EXPECT_EQ(Check(revision, {{"t", true}, {"u", false}}),
            "Statement 1 of revision 'a' would fail: t exists already. Nothing was changed.");
}

TEST(FeasibleTest, WhatIsMissing) {
  Revision revision = Make("ALTER TABLE t COMMENT = 'x';", "");
  EXPECT_EQ(Check(revision, {{"t", false}}),
            "Statement 1 of revision 'a' would fail: t does not exist. Nothing was changed.");
  EXPECT_EQ(Check(Make("DROP TABLE IF EXISTS t;", ""), {{"t", false}}), "");
  EXPECT_EQ(Check(Make("CREATE OR REPLACE VIEW t AS SELECT 1;", ""), {{"t", true}}), "");
  EXPECT_EQ(Check(Make("INSERT INTO other.t SELECT 1;", ""), {{"t", false}}), "");
}

TEST(FeasibleTest, WhatWasRunIsNotLookedAt) {
  JournalEntry done;
  done.seq = 1;
  done.status = EntryStatus::kDone;
  EXPECT_EQ(Check(Make("CREATE TABLE t (a INT);", ""), {{"t", true}}, {done}), "");
}

// --- what a new revision follows -----------------------------------------------------------
TEST(ExtendsTest, TheOnlyHeadThatIsApplied) {
  Revision one = Make("", "");
  Graph graph = *Graph::Make({one});
  JournalState state;
  EXPECT_EQ(ReasonOf(ParentsOf(graph, state, "").status()), Reason::NOT_AT_HEAD);
  state.heads = {"a"};
  EXPECT_EQ(*ParentsOf(graph, state, ""), std::vector<std::string>{"a"});
  EXPECT_EQ(*ParentsOf(graph, state, "base"), std::vector<std::string>());
  EXPECT_EQ(ReasonOf(ParentsOf(graph, state, "zzz").status()), Reason::REVISION_NOT_FOUND);
  state.open = revisions::Run();
  EXPECT_EQ(ReasonOf(ParentsOf(graph, state, "").status()), Reason::NOT_AT_HEAD);
}

TEST(ExtendsTest, TheFirstOne) {
  Graph graph = *Graph::Make({});
  JournalState state;
  EXPECT_EQ(*ParentsOf(graph, state, ""), std::vector<std::string>());
  state.heads = {"gone"};
  EXPECT_EQ(ParentsOf(graph, state, "").status().message(),
            "The live schema is at gone, and the new revision would follow none.");
}

}  // namespace
}  // namespace stateserver::revisions
