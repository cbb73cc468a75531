// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/abandon_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stateserver::revisions {
namespace {

using testing::ElementsAre;

JournalEntry EntryFor(int seq, const std::string& object, const std::string& statement,
                      EntryStatus status) {
  JournalEntry entry;
  entry.seq = seq;
  entry.object = object;
  entry.statement = statement;
  entry.status = status;
  return entry;
}

EndedEntry Ended(int seq, const std::string& object, const std::string& statement, Ending ending) {
  return {EntryFor(seq, object, statement, EntryStatus::kDone), ending, "", false};
}

TEST(AbandonPlanTest, OutcomesBecomeEnds) {
  JournalEntry add = EntryFor(1, "t", "ALTER TABLE t ADD COLUMN x INT", EntryStatus::kIntended);
  EndedEntry done = EndOf(add, {Verdict::kDone, "t is as the statement leaves it"});
  EXPECT_EQ(done.ending, Ending::kDone);
  EXPECT_EQ(done.entry.status, EntryStatus::kDone);
  EXPECT_TRUE(done.was_open);

  EndedEntry not_run = EndOf(add, {Verdict::kNotDone, "t is unchanged"});
  EXPECT_EQ(not_run.ending, Ending::kNotRun);
  EXPECT_EQ(not_run.entry.status, EntryStatus::kFailed);
  EXPECT_EQ(not_run.entry.error, "not run: t is unchanged");

  JournalEntry sent = add;
  sent.status = EntryStatus::kSent;
  for (Verdict verdict : {Verdict::kUnknown, Verdict::kForeign}) {
    EndedEntry unknown = EndOf(sent, {verdict, "t is different"});
    EXPECT_EQ(unknown.ending, Ending::kUnknown);
    // No job is running.
    EXPECT_EQ(unknown.entry.status, EntryStatus::kIntended);
    EXPECT_EQ(unknown.entry.error, "outcome not known: t is different");
  }
}

TEST(AbandonPlanTest, AStatementThatMayBeRepeatedIsNotSaidToBeNotRun) {
  JournalEntry entry =
      EntryFor(1, "v", "REFRESH MATERIALIZED VIEW v WITH SYNC MODE", EntryStatus::kIntended);
  EndedEntry ended = EndOf(entry, {Verdict::kNotDone, "it may safely be run twice"});
  EXPECT_EQ(ended.ending, Ending::kUnknown);
  EXPECT_EQ(ended.why, "the engine does not report whether it was run");
}

TEST(AbandonPlanTest, WhatRemains) {
  std::vector<EndedEntry> entries = {
      Ended(1, "fresh", "CREATE TABLE fresh (id INT)", Ending::kDone),
      Ended(2, "users", "ALTER TABLE users ADD COLUMN x INT", Ending::kDone),
      Ended(3, "rows", "INSERT INTO rows VALUES (1)", Ending::kUnknown),
      Ended(4, "users", "ALTER TABLE users ADD COLUMN y INT", Ending::kUnknown),
      Ended(5, "untouched", "ALTER TABLE untouched ADD COLUMN y INT", Ending::kFailed),
      Ended(6, "later", "ALTER TABLE later ADD COLUMN y INT", Ending::kNotRun),
      Ended(7, "old", "DROP TABLE old", Ending::kDone),
      Ended(8, "a", "ALTER TABLE a SWAP WITH b", Ending::kDone),
      Ended(9, "foreign", "DROP TABLE foreign", Ending::kDone)};
  std::map<std::string, KnownObject> known;
  for (const char* name : {"users", "rows", "untouched", "later", "old", "a", "b", "hand", "odd"}) {
    known[name] = {std::string("1 ") + name, "CREATE TABLE", "r1"};
  }
  std::map<std::string, LiveObjectState> live = {{"fresh", {"x", "CREATE TABLE"}},
                                                 {"users", {"2 users", "CREATE TABLE"}},
                                                 {"rows", {"1 rows", "CREATE TABLE"}},
                                                 {"untouched", {"1 untouched", "CREATE TABLE"}},
                                                 {"later", {"1 later", "CREATE TABLE"}},
                                                 {"a", {"1 b", "CREATE TABLE"}},
                                                 {"b", {"1 a", "CREATE TABLE"}},
                                                 {"hand", {"changed", "CREATE TABLE"}},
                                                 {"odd", {"unreadable", ""}}};
  std::vector<std::string> said;
  for (const RemainingObject& one : RemainingObjects(entries, known, live)) {
    constexpr const char* kWords[] = {"as recorded", "differs", "new", "missing", "unreadable"};
    std::string line = one.name + ": " + kWords[static_cast<size_t>(one.state)];
    if (!one.revision.empty()) line += " " + one.revision;
    for (int seq : one.statements) line += " " + std::to_string(seq);
    said.push_back(line);
  }
  EXPECT_THAT(
      said, ElementsAre("a: differs r1 8", "b: differs r1 8", "foreign: missing 9", "fresh: new 1",
                        "hand: differs r1", "odd: unreadable r1", "old: missing r1 7",
                        "rows: as recorded r1 3", "users: differs r1 2 4"));
}

TEST(AbandonPlanTest, AStatementThatUndoesAnotherTouchesItsObject) {
  EndedEntry undo = Ended(1, "users", "ALTER TABLE users DROP COLUMN x", Ending::kDone);
  undo.entry.compensates = true;
  std::vector<RemainingObject> remaining = RemainingObjects(
      {undo}, {{"users", {"1", "CREATE TABLE", "r1"}}}, {{"users", {"1", "CREATE TABLE"}}});
  ASSERT_EQ(remaining.size(), 1u);
  EXPECT_EQ(remaining[0].state, RemainingState::kAsRecorded);
  EXPECT_TRUE(remaining[0].statements.empty());
}

AbandonPlan PlanOf(std::vector<EndedEntry> entries) {
  AbandonPlan plan;
  plan.run.revision = "ccc";
  plan.run.principal = "token:ci";
  plan.run.operation_id = "op-1";
  plan.entries = std::move(entries);
  return plan;
}

TEST(AbandonPlanTest, TheTextSaysWhereItStopped) {
  AbandonPlan plan = PlanOf({Ended(1, "t", "ALTER TABLE t ADD COLUMN x INT", Ending::kDone),
                             Ended(2, "t", "ALTER TABLE t ADD COLUMN y INT", Ending::kFailed)});
  plan.not_begun = {{3, nullptr}, {4, nullptr}};
  plan.run.error = "no space";
  EXPECT_EQ(AbandonText(plan),
            "abandoned at statement 2 of revision 'ccc' (t); statements: 1 done, 1 failed, 2 not "
            "run; started or continued last by token:ci (operation op-1); its last error: "
            "no space");
}

TEST(AbandonPlanTest, TheTextOfARunThatWasBeingUndone) {
  EndedEntry undo = Ended(2, "t", "ALTER TABLE t DROP COLUMN x", Ending::kDone);
  undo.entry.compensates = true;
  AbandonPlan plan =
      PlanOf({Ended(1, "t", "ALTER TABLE t ADD COLUMN x INT", Ending::kUnknown), undo});
  EXPECT_EQ(AbandonText(plan),
            "abandoned at statement 2 of undoing revision 'ccc' (t); statements: 1 unknown; "
            "statements that undo others: 1 done; started or continued last by token:ci "
            "(operation op-1)");
}

TEST(AbandonPlanTest, TheTextOfARunThatBeganNothing) {
  EXPECT_EQ(AbandonText(PlanOf({})),
            "abandoned before its first statement; started or continued last by token:ci "
            "(operation op-1)");
}

}  // namespace
}  // namespace stateserver::revisions
