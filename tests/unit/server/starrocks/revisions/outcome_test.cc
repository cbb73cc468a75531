// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/outcome.h"

#include <gtest/gtest.h>

#include "revisions/statement.h"

namespace stateserver::revisions {
namespace {

using starrocks::Job;
using starrocks::LabelState;

struct Case {
  const char* what;
  const char* statement;
  const char* before;
  const char* foretold;
  const char* live;
  std::vector<Job> jobs;
  int64_t noted_job;
  Verdict verdict;
};

constexpr char kAdd[] = "ALTER TABLE t ADD COLUMN x INT";
const Job kRunning{"COLUMN", 7, "RUNNING", "", ""};
const Job kFinished{"COLUMN", 7, "FINISHED", "", ""};
const Job kCancelled{"COLUMN", 7, "CANCELLED", "", "no space"};

TEST(OutcomeTest, WhatBecameOfIt) {
  const std::vector<Case> kCases = {
      {"as foretold", kAdd, "1", "2", "2", {}, 0, Verdict::kDone},
      {"untouched", kAdd, "1", "2", "1", {}, 0, Verdict::kNotDone},
      {"something else", kAdd, "1", "2", "3", {}, 0, Verdict::kForeign},
      {"changed, nothing foretold", kAdd, "1", "", "3", {}, 0, Verdict::kDone},
      {"untouched, nothing foretold", kAdd, "1", "", "1", {}, 0, Verdict::kNotDone},
      {"a job goes on", kAdd, "1", "2", "1", {kRunning}, 0, Verdict::kRunning},
      {"our job goes on", kAdd, "1", "2", "1", {kRunning}, 7, Verdict::kRunning},
      {"our job has ended", kAdd, "1", "2", "3", {kFinished}, 7, Verdict::kDone},
      {"our job was cancelled", kAdd, "1", "2", "1", {kCancelled}, 7, Verdict::kNotDone},
      {"somebody's job has ended", kAdd, "1", "2", "3", {kFinished}, 0, Verdict::kForeign},
      {"somebody's job, and nothing of ours",
       kAdd,
       "1",
       "2",
       "1",
       {kFinished},
       0,
       Verdict::kNotDone},
      {"a job that no digest shows", kAdd, "1", "1", "1", {kFinished}, 0, Verdict::kDone},
      {"a job was cancelled, nothing foretold",
       kAdd,
       "1",
       "",
       "1",
       {kCancelled},
       0,
       Verdict::kNotDone},
      {"created", "CREATE TABLE t (a INT)", "-", "", "2", {}, 0, Verdict::kDone},
      {"not created", "CREATE TABLE t (a INT)", "-", "", "-", {}, 0, Verdict::kNotDone},
      {"dropped", "DROP TABLE t", "1", "-", "-", {}, 0, Verdict::kDone},
      {"not dropped", "DROP TABLE t", "1", "-", "1", {}, 0, Verdict::kNotDone},
      {"dropped and made anew by somebody",
       "DROP TABLE t",
       "1",
       "-",
       "5",
       {},
       0,
       Verdict::kForeign},
      {"rows", "UPDATE t SET a = 1", "1", "", "1", {}, 0, Verdict::kUnknown},
      {"repeatable", "REFRESH MATERIALIZED VIEW t", "1", "", "1", {}, 0, Verdict::kNotDone},
      {"names nothing", "GRANT SELECT ON t TO u", "", "", "", {}, 0, Verdict::kUnknown},
  };
  for (const Case& one : kCases) {
    StatementFacts facts = Describe(one.statement);
    JournalEntry entry;
    entry.object = facts.object;
    entry.statement = one.statement;
    entry.object_digest = one.before;
    entry.foretold = one.foretold;
    entry.job_id = one.noted_job;
    Evidence evidence;
    evidence.live = one.live;
    evidence.jobs = one.jobs;
    StatementOutcome outcome = DecideOutcome(entry, facts, evidence);
    EXPECT_EQ(outcome.verdict, one.verdict) << one.what << ": " << outcome.why;
    EXPECT_FALSE(outcome.why.empty()) << one.what;
  }
}

Verdict OfInsert(LabelState state) {
  JournalEntry entry;
  entry.object = "t";
  entry.label = "l";
  Evidence evidence;
  evidence.label = state;
  return DecideOutcome(entry, Describe("INSERT INTO t SELECT 1"), evidence).verdict;
}

TEST(OutcomeTest, LabelsTellOfInserts) {
  EXPECT_EQ(OfInsert(LabelState::kDone), Verdict::kDone);
  EXPECT_EQ(OfInsert(LabelState::kRunning), Verdict::kRunning);
  EXPECT_EQ(OfInsert(LabelState::kNone), Verdict::kNotDone);
}

TEST(OutcomeTest, ASwapOfTwinsLeavesNoTrace) {
  JournalEntry entry;
  entry.object = "t";
  entry.object_digest = "1";
  Evidence evidence;
  evidence.live = "1";
  evidence.twins = true;
  EXPECT_EQ(DecideOutcome(entry, Describe("ALTER TABLE t SWAP WITH u"), evidence).verdict,
            Verdict::kUnknown);
}

}  // namespace
}  // namespace stateserver::revisions
