// SPDX-License-Identifier: Apache-2.0
//
// Plans for what a real engine shows, checked against what it refused.
#include "tests/unit/server/starrocks/diff/engine_cases.h"

#include <algorithm>

namespace stateserver::schema::engine_cases {
namespace {

using testing::EngineCase;
using testing::EngineState;

// Cases whose objects cannot be read yet, or whose fault is in the query of a view or in the front
// end's configuration.
bool IsAboutReading(const std::string& id) {
  for (const char* prefix :
       {"view-", "vv-", "mm-", "list-quote", "new-list-quote", "ix-odd-name", "struct-odd-field",
        "drop-all", "mv-index", "mv-prop-11", "mv-prop-15"}) {
    if (id.starts_with(prefix)) return true;
  }
  return false;
}

std::string Lines(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) text += step.statement + "\n";
  for (const Refusal& refusal : plan.refusals) {
    text += "refused: " + refusal.attribute + ": " + refusal.reason + "\n";
  }
  std::erase(text, '`');
  return text;
}

Plan PlanOf(const EngineState& live, const std::vector<std::string>& to,
            const PlanOptions& options = {}) {
  auto plan = MakePlan(testing::LiveOf(live), true, testing::ReadStatements(to), options);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *std::move(plan) : Plan();
}

PlanOptions OptionsOf(const EngineCase& one) {
  PlanOptions options = one.options;
  options.set_earlier = testing::NamedBy(one.from);
  return options;
}

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

// What the engine refuses wherever it stands.
void CheckStatement(const std::string& statement) {
  EXPECT_FALSE(Has(statement, "VALUES [()")) << statement;
  EXPECT_FALSE(Has(statement, "binlog_version")) << statement;
  EXPECT_FALSE(Has(statement, "PARTITION BY (date_trunc")) << statement;
  EXPECT_FALSE(Has(statement, " AS ") && Has(statement, " AFTER ") &&
               statement.starts_with("ALTER TABLE") && !Has(statement, ","))
      << statement;
  bool replaces = Has(statement, "DROP INDEX `i1`") && Has(statement, "ADD INDEX");
  EXPECT_FALSE(replaces) << statement;
  if (!statement.starts_with("ALTER MATERIALIZED VIEW")) return;
  size_t set = statement.find(" SET (");
  if (set == statement.npos) return;
  EXPECT_FALSE(Has(statement.substr(set), "\", \"")) << statement;
}

// After CREATE, the declaration and what the engine shows are the same.
TEST(EngineCasesTest, WhatWasJustCreatedIsNoDifference) {
  int compared = 0;
  for (const EngineCase& one : testing::ReadEngineCases()) {
    if (IsAboutReading(one.id)) continue;
    SCOPED_TRACE(one.id);
    if (!one.engine_from.refused) {
      ++compared;
      EXPECT_EQ(Lines(PlanOf(one.engine_from, one.from)), "");
    }
    if (one.has_to && !one.engine_to.refused) {
      ++compared;
      EXPECT_EQ(Lines(PlanOf(one.engine_to, one.to)), "");
    }
  }
  EXPECT_GT(compared, 300);
}

// Statements that were refused because of what was sent before them, or in another database.
const std::set<std::string> kOrder = {"flatjson-on-with-factors", "list-fk-order", "move-gen-src",
                                      "sync-mv-create-agg"};

TEST(EngineCasesTest, NoPlanHasWhatTheEngineRefused) {
  int planned = 0;
  for (const EngineCase& one : testing::ReadEngineCases()) {
    if (IsAboutReading(one.id) || !one.has_to || one.engine_from.refused) continue;
    SCOPED_TRACE(one.id);
    Plan plan = PlanOf(one.engine_from, one.to, OptionsOf(one));
    for (const Step& step : plan.steps) {
      ++planned;
      CheckStatement(step.statement);
      for (const std::string& undo : step.undo.statements) CheckStatement(undo);
      if (kOrder.contains(one.id)) continue;
      EXPECT_FALSE(one.refused.contains(step.statement)) << step.statement;
    }
    EXPECT_EQ(plan.undo_order.size(), plan.steps.size());
  }
  EXPECT_GT(planned, 200);
}

std::string PlanOfCase(const std::string& id) {
  static const std::vector<EngineCase> cases = testing::ReadEngineCases();
  for (const EngineCase& one : cases) {
    if (one.id == id) return Lines(PlanOf(one.engine_from, one.to, OptionsOf(one)));
  }
  return "no case of this id";
}

TEST(EngineCasesTest, FirstPartitionOfARange) {
  EXPECT_EQ(PlanOfCase("range-drop-add-same"),
            "ALTER TABLE t DROP PARTITION p1\nALTER TABLE t DROP PARTITION p2\n"
            "ALTER TABLE t ADD PARTITION p1 VALUES LESS THAN (\"2024-02-01\")\n"
            "ALTER TABLE t ADD PARTITION p2 VALUES [(\"2024-02-01\"), (\"2025-01-01\"))\n");
}

TEST(EngineCasesTest, RollupsStayRollups) {
  EXPECT_EQ(PlanOfCase("ru-add"), "ALTER TABLE t ADD ROLLUP r1 (a, id), r2 (b)\n");
  EXPECT_EQ(PlanOfCase("ru-change"),
            "ALTER TABLE t DROP ROLLUP r1\nALTER TABLE t ADD ROLLUP r1 (b, id)\n");
  EXPECT_EQ(PlanOfCase("ru-drop-col"),
            "ALTER TABLE t DROP ROLLUP r1\nALTER TABLE t DROP COLUMN a\n");
}

TEST(EngineCasesTest, IndexesAreReplacedInTwoStatements) {
  EXPECT_EQ(PlanOfCase("ix-rename"),
            "ALTER TABLE t DROP INDEX i1\nALTER TABLE t ADD INDEX i2 (a) USING BITMAP\n");
  EXPECT_EQ(PlanOfCase("ix-gin-rs"),
            "ALTER TABLE t ADD INDEX i1 (b) USING GIN (\"imp_lib\" = \"clucene\", \"parser\" = "
            "\"english\")\n");
}

TEST(EngineCasesTest, FlatJsonIsEnabledFirst) {
  EXPECT_TRUE(PlanOfCase("flatjson-on-with-factors")
                  .starts_with("ALTER TABLE t SET (\"flat_json.enable\" = \"true\")\n"));
}

TEST(EngineCasesTest, TheParentOfAForeignKeyComesFirst) {
  std::string plan = PlanOfCase("list-fk-order");
  EXPECT_LT(plan.find("CREATE TABLE zp"), plan.find("CREATE TABLE child"));
}

TEST(EngineCasesTest, FieldsOfOneStructAStatement) {
  EXPECT_EQ(PlanOfCase("struct-two"),
            "ALTER TABLE t MODIFY COLUMN s ADD FIELD x INT\n"
            "ALTER TABLE t MODIFY COLUMN t ADD FIELD y INT\n");
  EXPECT_EQ(PlanOfCase("struct-and-comment"),
            "ALTER TABLE t MODIFY COLUMN s COMMENT \"c\"\n"
            "ALTER TABLE t MODIFY COLUMN s ADD FIELD x INT\n");
  EXPECT_EQ(PlanOfCase("null-ARRAY<INT>"),
            "refused: column s: Can not change ARRAY<INT> to ARRAY<INT>\n");
}

TEST(EngineCasesTest, GeneratedColumnsAreComputedAgain) {
  EXPECT_EQ(PlanOfCase("move-gen-src"),
            "ALTER TABLE t DROP COLUMN g\nALTER TABLE t MODIFY COLUMN s INT NULL AFTER id\n"
            "ALTER TABLE t ADD COLUMN g BIGINT NULL AS s + 1\n");
  EXPECT_EQ(PlanOfCase("gen-order"),
            "ALTER TABLE t DROP COLUMN g\nALTER TABLE t ADD COLUMN g BIGINT NULL AS a + 1\n");
}

TEST(EngineCasesTest, SortColumnsOfAPrimaryKeyDoNotMove) {
  EXPECT_TRUE(PlanOfCase("move-sortpk").starts_with("refused: column order: "));
}

TEST(EngineCasesTest, PropertiesOfMaterializedViews) {
  EXPECT_EQ(PlanOfCase("mv-prop-4"),
            "ALTER MATERIALIZED VIEW m SET (\"session.enable_spill\" = \"true\")\n"
            "ALTER MATERIALIZED VIEW m SET (\"session.query_timeout\" = \"200\")\n");
  EXPECT_TRUE(PlanOfCase("mv-prop-8").starts_with("refused: property excluded_trigger_tables: "));
  EXPECT_TRUE(
      PlanOfCase("mv-prop-25").starts_with("refused: property mv_partition_compensate_mode: "));
  EXPECT_EQ(PlanOfCase("rf-3"), "ALTER MATERIALIZED VIEW m REFRESH DEFERRED MANUAL\n");
}

TEST(EngineCasesTest, PropertiesThatAnEarlierRevisionSet) {
  EXPECT_EQ(PlanOfCase("prop-enable_load_profile-true-none"),
            "ALTER TABLE t SET (\"enable_load_profile\" = \"false\")\n");
  EXPECT_EQ(PlanOfCase("repl"), "ALTER TABLE t SET (\"replication_num\" = \"3\")\n");
  EXPECT_TRUE(
      PlanOfCase("prop-bucket_size-none-2048").starts_with("refused: property bucket_size"));
}

TEST(EngineCasesTest, ActiveWouldBeRefused) {
  EXPECT_TRUE(Has(PlanOfCase("mv-view-widen"), "refused: activity: It becomes inactive for good"));
}

}  // namespace
}  // namespace stateserver::schema::engine_cases
