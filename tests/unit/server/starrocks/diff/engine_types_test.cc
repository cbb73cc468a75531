// SPDX-License-Identifier: Apache-2.0
//
// Type conversions of MODIFY COLUMN, and their effect on materialized views, as on a real engine.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/type_rules.h"
#include "server/starrocks/diff/plan/view_types.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::schema::engine_types {
namespace {

using testing::TextOf;

DataType TypeOf(const std::string& text) {
  ParsedScript script = ParseScript("CREATE TABLE t (c " + text + ")", "t.sql", "");
  EXPECT_TRUE(script.errors.empty()) << text;
  return *std::get<Table>(script.objects.at(0).definition).columns.at(0).type;
}

TEST(EngineTypesTest, EveryPair) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/engine_types.jsonl");
  simdjson::dom::parser parser;
  int pairs = 0;
  for (std::string text; std::getline(file, text);) {
    simdjson::dom::element line = parser.parse(text).value();
    bool accepted = false;
    if (line["accepted"].get(accepted) != simdjson::SUCCESS) continue;
    ++pairs;
    std::string model = TextOf(line, "model"), from = TextOf(line, "from"), to = TextOf(line, "to");
    ColumnPurpose purpose{model.ends_with(" key"), ""};
    if (model.starts_with("aggregate ") && !purpose.key) {
      purpose.aggregate = model.substr(model.find(' ') + 1);
    }
    bool possible = WhyNotConvert(TypeOf(from), TypeOf(to), purpose).empty();
    EXPECT_EQ(possible, accepted) << model << ": " << from << " to " << to;
  }
  EXPECT_GT(pairs, 5000);
}

// A view is never activated in vain. Three of the recorded pairs are refused to be safe: the
// result of arithmetic often has the same type for both.
TEST(EngineTypesTest, ActiveIsOnlyPlannedIfTheEngineAcceptsIt) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/engine_mv_active.jsonl");
  simdjson::dom::parser parser;
  int careful = 0, views = 0;
  for (std::string text; std::getline(file, text);) {
    simdjson::dom::element line = parser.parse(text).value();
    bool stays = false, accepted = true;
    if (line["active_after_modify"].get(stays) != simdjson::SUCCESS) continue;
    if (!stays) accepted = bool(line["active_accepted"].value());
    ++views;
    std::string from = TextOf(line, "from"), to = TextOf(line, "to"), kind = TextOf(line, "kind");
    Retyped changed = {{"c", {{TypeOf(from), TypeOf(to)}}}};
    if (kind == "through a view") {
      changed =
          RetypedOutputs("SELECT `t`.`id`, `t`.`c` FROM `t`", {{"id", ""}, {"c", ""}}, changed);
    }
    bool safe = RetypedOutputs(TextOf(line, "query"), {}, changed).empty();
    EXPECT_TRUE(accepted || !safe) << kind << ": " << from << " to " << to;
    if (!safe && accepted) {
      ++careful;
      EXPECT_EQ(kind, "plus") << from << " to " << to;
    }
  }
  EXPECT_GT(views, 160);
  EXPECT_LE(careful, 4);
}

TEST(EngineTypesTest, ColumnsOfSubqueriesAreNotFollowed) {
  Retyped changed = {{"c", {{TypeOf("INT"), TypeOf("BIGINT")}}}};
  auto outputs = [&](const std::string& query, const std::vector<ViewColumn>& columns = {}) {
    std::string names;
    for (const auto& [name, types] : RetypedOutputs(query, columns, changed)) names += name + " ";
    return names;
  };
  EXPECT_EQ(outputs("SELECT x FROM (SELECT c AS x FROM t) s"), "c ");
  EXPECT_EQ(outputs("WITH q AS (SELECT c FROM t) SELECT c FROM q"), "c ");
  EXPECT_EQ(outputs("SELECT id FROM t WHERE id IN (SELECT c FROM t)"), "");
  EXPECT_EQ(outputs("SELECT id, max(c) m FROM t GROUP BY id"), "m ");
  EXPECT_EQ(outputs("SELECT id, c FROM t", {{"a", ""}, {"b", ""}}), "b ");
  EXPECT_EQ(outputs("SELECT t.* FROM t", {{"a", ""}, {"b", ""}}), "a b ");
  EXPECT_EQ(outputs("SELECT if(c > 1, 1, 0) x FROM t"), "x ");
}

}  // namespace
}  // namespace stateserver::schema::engine_types
