// SPDX-License-Identifier: Apache-2.0
//
// The planner's own plans: they have no statement that is not known.
#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/ddl/script.h"
#include "tests/unit/server/starrocks/apply/recorded.h"

namespace stateserver::apply {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

std::vector<schema::Object> ObjectsOf(const std::vector<std::string>& statements) {
  std::vector<schema::Object> objects;
  for (const std::string& one : statements) {
    for (schema::Object& object : schema::ParseScript(one, "case", "db").objects) {
      objects.push_back(std::move(object));
    }
  }
  return objects;
}

TEST(PlannerTest, PlansOfTheCorpusAreKnown) {
  int plans = 0, unknown = 0, refused = 0;
  auto check = [&](simdjson::dom::element line) {
    schema::LiveSchema live;
    live.database = "db";
    live.engine = kEngine;
    for (schema::Object& object : ObjectsOf(TextsOf(line, "from"))) {
      live.objects.push_back({std::move(object), std::nullopt, ""});
    }
    schema::PlanOptions options;
    options.drop_undeclared = options.partitions = true;
    auto plan = MakePlan(live, /*printed=*/false, ObjectsOf(TextsOf(line, "to")), options);
    if (!plan.ok()) return;
    ++plans;
    PlanCheck result = CheckSteps(live, /*printed=*/false, &*plan);
    for (const Judged& one : result.unknown) {
      ++unknown;
      std::cout << "unknown " << TextOf(line, "id") << ": " << plan->steps[one.number - 1].statement
                << "\n  " << one.verdict.words << "\n";
    }
    if (!result.refused) return;
    ++refused;
    std::cout << "refused " << TextOf(line, "id") << ": "
              << plan->steps[result.refused->number - 1].statement << "\n  "
              << result.refused->verdict.words << "\n";
  };
  EachLine("diff.jsonl", check);
  EXPECT_EQ(unknown, 0);
  EXPECT_EQ(refused, 0);
  EachLine("engine_cases.jsonl", [&](simdjson::dom::element line) {
    simdjson::dom::element shown, bad;
    bool whole = line["engine_to"].get(shown) == simdjson::SUCCESS &&
                 shown["refused"].get(bad) != simdjson::SUCCESS;
    if (whole) check(line);
  });
  std::cout << plans << " plans, " << unknown << " unknown steps, " << refused << " refused\n";
  EXPECT_GT(plans, 300);
}

}  // namespace
}  // namespace stateserver::apply
