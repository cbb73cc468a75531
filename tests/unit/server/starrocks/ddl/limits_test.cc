// SPDX-License-Identifier: Apache-2.0
//
// Inputs that are deeper or wider than any schema: refused at their place, and gone over once.
#include "server/starrocks/ddl/limits.h"

#include <gtest/gtest.h>

#include "common/depth.h"
#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/compare/queries.h"
#include "server/starrocks/diff/declared.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/generate/models.h"
#include "tests/support/sanitized.h"

namespace stateserver::schema {
namespace {

constexpr int kFar = 60'000;

std::string Times(int count, std::string_view text) {
  std::string out;
  for (int i = 0; i < count; ++i) out.append(text);
  return out;
}

std::string Arrays(int count) { return Cat(Times(count, "ARRAY<"), "INT", Times(count, ">")); }

// The one error of a statement.
std::string FailureOf(const std::string& sql) {
  ParsedScript script = ParseScript(sql, "t.sql");
  EXPECT_EQ(script.errors.size(), 1u);
  EXPECT_TRUE(script.objects.empty());
  return script.errors.empty() ? "" : script.errors[0].Text();
}

Object OneObject(const std::string& sql) {
  ParsedScript script = ParseScript(sql, "t.sql", "db");
  EXPECT_TRUE(script.errors.empty()) << script.errors[0].Text();
  return std::move(script.objects.at(0));
}

absl::StatusOr<Plan> PlanWithin(const std::string& from, const std::string& to,
                                WorkMeter* meter = nullptr) {
  LiveSchema live;
  live.database = "db";
  for (Object& object : ParseScript(from, "from.sql", "db").objects) {
    live.objects.push_back({std::move(object), std::nullopt, ""});
  }
  PlanOptions options;
  options.meter = meter;
  options.partitions = true;
  return MakePlan(live, /*printed=*/false, ParseScript(to, "to.sql", "db").objects, options);
}

// --- depth -------------------------------------------------------------------------------------

TEST(DepthLimitTest, EveryParserRefusesAtThePlace) {
  struct Case {
    std::string_view before, opening;
    int column;  // of the first opening that is too many
  };
  auto column = [](std::string_view before, std::string_view opening, int levels) {
    return static_cast<int>(before.size() + opening.size() * static_cast<size_t>(levels)) + 1;
  };
  constexpr std::string_view kColumn = "CREATE TABLE t (c ", kState = "CREATE TABLE t (c avg(",
                             kDefault = "CREATE TABLE t (c INT DEFAULT (1 + ",
                             kGenerated = "CREATE TABLE t (c INT AS ",
                             kTerm = "CREATE TABLE t (c INT) PARTITION BY f(",
                             kEvery = "CREATE MATERIALIZED VIEW v REFRESH ASYNC EVERY (",
                             kQuery = "CREATE VIEW v AS SELECT ";
  for (const Case& one :
       {Case{kColumn, "ARRAY<", column(kColumn, "ARRAY<", kMostDepth)},
        Case{kColumn, "STRUCT<a ", column(kColumn, "STRUCT<a ", kMostDepth)},
        Case{kColumn, "MAP<INT,", column(kColumn, "MAP<INT,", kMostDepth - 1) + 4},
        Case{kState, "ARRAY<", column(kState, "ARRAY<", kMostDepth)},
        Case{kDefault, "(", column(kDefault, "(", kMostDepth)},
        Case{kGenerated, "[", column(kGenerated, "[", kMostDepth)},
        Case{kTerm, "(", column(kTerm, "(", kMostDepth - 1)},
        Case{kEvery, "{", column(kEvery, "{", kMostDepth)},
        Case{kQuery, "(", column(kQuery, "(", kMostDepth)}}) {
    std::string error = FailureOf(Cat(one.before, Times(kFar, one.opening)));
    std::string place = Cat("t.sql:1:", one.column, ": found `");
    EXPECT_EQ(error.substr(0, place.size()), place) << one.before << one.opening;
    EXPECT_TRUE(error.ends_with("expected at most 256 levels inside one another")) << error;
  }
}

TEST(DepthLimitTest, TheDeepestTypeIsPrintedComparedAndPlanned) {
  std::string sql = Cat("CREATE TABLE t (c ", Arrays(kMostDepth - 1), " NULL)");
  Object object = OneObject(sql);
  EXPECT_EQ(OneObject(Print(object)).definition, object.definition);
  absl::StatusOr<Plan> nothing = PlanWithin(sql, sql);
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_TRUE(nothing->steps.empty() && nothing->refusals.empty());
  std::string other = sql;
  other.replace(other.find("INT"), 3, "STRUCT<a INT>");
  EXPECT_EQ(ParseScript(other, "t.sql").errors.size(), 1u) << "one level more";
  absl::StatusOr<Plan> plan =
      PlanWithin(Cat("CREATE TABLE t (c ", Arrays(kMostDepth - 2), ")"), sql);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->refusals.size(), 1u);
  EXPECT_TRUE(GenerateModels({&object}, nullptr).ok());
}

TEST(DepthLimitTest, ViewsThatReadThroughManyViews) {
  auto chain = [](int views) {
    std::string sql = "CREATE TABLE v0 (a INT);";
    for (int i = 1; i <= views; ++i) {
      AppendTo(&sql, "CREATE VIEW v", i, " AS SELECT a FROM v", i - 1, ";");
    }
    return sql;
  };
  auto order = [&](int views) -> absl::Status {
    ParsedScript script = ParseScript(chain(views), "t.sql", "db");
    std::vector<const Object*> objects;
    for (const Object& object : script.objects) objects.push_back(&object);
    ReferenceCache references;
    return DependencyOrder(objects, &references).status();
  };
  EXPECT_TRUE(order(kMostDepth).ok());
  for (int views : {kMostDepth + 1, 20'000}) {
    absl::Status status = order(views);
    EXPECT_EQ(ReasonOf(status), Reason::SCHEMA_INVALID);
    EXPECT_NE(MessageOf(status).find("reads through more than 256 views"), std::string::npos)
        << status;
  }
}

// --- width -------------------------------------------------------------------------------------

TEST(WidthLimitTest, TokensOfOneStatement) {
  std::string sql =
      Cat("CREATE TABLE a (k INT);\nCREATE VIEW v AS SELECT ",
          Times(static_cast<int>(kMostStatementTokens), "+1"), ";CREATE TABLE b (k INT)");
  ParsedScript script = ParseScript(sql, "t.sql");
  EXPECT_EQ(script.objects.size(), 1u) << "it takes the rest of the file with it";
  ASSERT_FALSE(script.errors.empty());
  EXPECT_TRUE(script.errors.back().Text().ends_with("at most 1000000 tokens in one statement"))
      << script.errors.back().Text();
  EXPECT_EQ(script.errors.back().place.line, 2);
}

TEST(WidthLimitTest, PartsOfOneObject) {
  auto list = [](size_t count, std::string_view item) {
    std::string out;
    for (size_t i = 0; i < count; ++i) {
      std::string one(item);
      one.replace(one.find('#'), 1, std::to_string(i));
      AppendTo(&out, i == 0 ? "" : ", ", one);
    }
    return out;
  };
  auto table = [](const std::string& behind) { return Cat("CREATE TABLE t (k INT) ", behind); };
  struct Case {
    std::string most, more;
    std::string_view expected;
  };
  for (const Case& one :
       {Case{Cat("CREATE TABLE t (", list(kMostColumns, "c# INT"), ")"),
             Cat("CREATE TABLE t (", list(kMostColumns + 1, "c# INT"), ")"),
             "at most 4096 columns"},
        Case{Cat("CREATE TABLE t (c STRUCT<", list(kMostColumns, "f# INT"), ">)"),
             Cat("CREATE TABLE t (c STRUCT<", list(kMostColumns + 1, "f# INT"), ">)"),
             "at most 4096 fields in a type"},
        Case{table(Cat("PROPERTIES (", list(kMostProperties, "\"p#\" = \"1\""), ")")),
             table(Cat("PROPERTIES (", list(kMostProperties + 1, "\"p#\" = \"1\""), ")")),
             "at most 1000 properties in a list"},
        Case{Cat("CREATE TABLE t (k INT, ", list(kMostIndexes, "INDEX i# (k)"), ")"),
             Cat("CREATE TABLE t (k INT, ", list(kMostIndexes + 1, "INDEX i# (k)"), ")"),
             "at most 1000 indexes"},
        Case{table(Cat("ROLLUP (", list(kMostIndexes, "r# (k)"), ")")),
             table(Cat("ROLLUP (", list(kMostIndexes + 1, "r# (k)"), ")")), "at most 1000 rollups"},
        Case{table(Cat("PARTITION BY LIST (k) (PARTITION p VALUES IN (", list(kMostPartitions, "#"),
                       "))")),
             table(Cat("PARTITION BY LIST (k) (PARTITION p VALUES IN (",
                       list(kMostPartitions + 1, "#"), "))")),
             "at most 100000 values in a partition"},
        Case{Cat("CREATE TABLE ", std::string(kMostNameBytes, 'n'), " (k INT)"),
             Cat("CREATE TABLE ", std::string(kMostNameBytes + 1, 'n'), " (k INT)"),
             "the table's name of at most 4096 bytes"}}) {
    EXPECT_TRUE(ParseScript(one.most, "t.sql").errors.empty()) << one.expected;
    std::string error = FailureOf(one.more);
    EXPECT_TRUE(error.ends_with(one.expected)) << error;
  }
}

TEST(WidthLimitTest, ALongTokenIsShownInPart) {
  std::string error = FailureOf(Cat("CREATE TABLE t (k INT) ", std::string(1 << 20, 'x')));
  EXPECT_LT(error.size(), 400u);
  EXPECT_NE(error.find(Cat("found `", std::string(kMostShownBytes, 'x'), "…`")), std::string::npos);
}

TEST(WidthLimitTest, TheBudgetOfACall) {
  std::string sql = "CREATE TABLE a (k INT); CREATE TABLE b (k INT); CREATE TABLE c (k INT); ;";
  ReadingBudget objects;
  objects.objects = 2;
  ParsedScript script = ParseScript(sql, "t.sql", "", &objects);
  EXPECT_EQ(script.objects.size(), 2u);
  ASSERT_EQ(script.errors.size(), 1u);
  EXPECT_EQ(script.errors[0].Text(),
            "t.sql:1:49: found `CREATE`, expected at most 50000 objects in all files");
  ReadingBudget tokens;
  tokens.tokens = 25;
  EXPECT_EQ(ParseScript(sql, "t.sql", "", &tokens).objects.size(), 2u);
  script = ParseScript(sql, "u.sql", "", &tokens);
  EXPECT_TRUE(script.objects.empty()) << "of the files together";
  ASSERT_EQ(script.errors.size(), 1u);
  EXPECT_EQ(script.errors[0].Text(),
            "u.sql:1:1: found `CREATE`, expected at most 6000000 tokens in all files");
}

TEST(WidthLimitTest, ProblemsOfACall) {
  std::string text = Times(50'000, "CREATE TABEL t (k INT);\n");
  auto declared = ReadDeclared({{"a.sql", text}, {"b.sql", text}}, "", nullptr);
  ASSERT_TRUE(declared.ok());
  EXPECT_LE(declared->problems.size(), kMostProblems + 2);
  EXPECT_EQ(declared->problems[kMostProblems].message,
            "found `CREATE`, expected no more than 1000 problems before it");
  // Those of what parses count as well.
  text.clear();
  for (int i = 0; i < 5000; ++i) AppendTo(&text, "CREATE TABLE t (k INT);");
  declared = ReadDeclared({{"a.sql", text}}, "", nullptr);
  ASSERT_TRUE(declared.ok());
  EXPECT_EQ(declared->problems.size(), kMostProblems);
}

// --- work --------------------------------------------------------------------------------------

TEST(WorkLimitTest, ReadingEndsWithTheCall) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) AppendTo(&text, "CREATE TABLE t", i, " (k INT);\n");
  WorkMeter counting;
  ASSERT_TRUE(ReadDeclared({{"a.sql", text}}, "", &counting).ok());
  int asked = 0;
  WorkMeter meter([&]() -> absl::Status {
    if (++asked < 3) return absl::OkStatus();
    return Error(Reason::DEADLINE_EXCEEDED, "late");
  });
  auto declared = ReadDeclared({{"a.sql", text}}, "", &meter);
  EXPECT_EQ(ReasonOf(declared.status()), Reason::DEADLINE_EXCEEDED);
  EXPECT_LT(meter.units() * 5, counting.units());
}

// Every part of a table changes: the most steps that a plan can have.
std::string WideTable(int columns, std::string_view comment) {
  std::string sql = "CREATE TABLE t (";
  for (int i = 0; i < columns; ++i) {
    AppendTo(&sql, i == 0 ? "" : ", ", "c", i, " INT COMMENT \"", comment, "\"");
  }
  return Cat(sql, ") DUPLICATE KEY (c0)");
}

TEST(WorkLimitTest, PlanningEndsWithTheCall) {
  int asked = 0;
  WorkMeter meter([&]() -> absl::Status {
    if (++asked < 20) return absl::OkStatus();
    return Error(Reason::CANCELLED, "gone");
  });
  absl::StatusOr<Plan> plan = PlanWithin(WideTable(4000, "a"), WideTable(4000, "b"), &meter);
  EXPECT_EQ(ReasonOf(plan.status()), Reason::CANCELLED);
  // A copy of the table counts as what it holds, so that this is some dozens of steps.
  EXPECT_LT(meter.units(), 100 * 4000 * 8);
}

TEST(WorkLimitTest, ColumnsThatComeAndGoAreOneStatement) {
  constexpr int kColumns = ::stateserver::testing::kSanitized ? 1000 : 4000;
  auto table = [](std::string_view prefix) {
    std::string sql = "CREATE TABLE t (k INT";
    for (int i = 0; i < kColumns; ++i) AppendTo(&sql, ", ", prefix, i, " STRUCT<a INT, b INT>");
    return Cat(sql, ") DUPLICATE KEY (k) DISTRIBUTED BY HASH (k)");
  };
  absl::StatusOr<Plan> plan = PlanWithin(table("old"), table("new"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->steps.size(), 1u);
  EXPECT_EQ(plan->warnings.size(), size_t{kColumns});
  EXPECT_TRUE(plan->refusals.empty());
}

// Below the limit of a million tokens in a statement.
constexpr int kMany = ::stateserver::testing::kSanitized ? 20'000 : 100'000;

TEST(WorkLimitTest, LongSums) {
  // As the engine prints it, and as it was written.
  std::string live = Cat("SELECT ", Times(kMany, "(1)+"), "(1) AS `a` FROM `t`"),
              declared = Cat("SELECT ", Times(kMany, "1 + "), "1 AS a FROM t");
  EXPECT_TRUE(SameQuery(live, declared, "db"));
  EXPECT_FALSE(SameQuery(live, declared + ", u", "db"));
}

TEST(WorkLimitTest, ParenthesesAroundCases) {
  EXPECT_TRUE(SameQuery("SELECT ((CASE WHEN (NOT a) THEN (b + c) ELSE (1) END) * 2) AS x FROM t",
                        "SELECT CASE WHEN NOT a THEN b + c ELSE 1 END * 2 AS x FROM t", "db"));
  EXPECT_FALSE(SameQuery("SELECT (CASE WHEN a THEN b END + 1) * 2 AS x FROM t",
                         "SELECT CASE WHEN a THEN b END + 1 * 2 AS x FROM t", "db"));
}

TEST(WorkLimitTest, ListsOfRelations) {
  References reads = ReferencesOf(Cat("SELECT 1 FROM t0", Times(kMany, ", (t1, u.t2)")), "db");
  EXPECT_EQ(reads.unclear, "");
  EXPECT_TRUE(reads.relations.contains({"db", "t0"}));
  EXPECT_TRUE(reads.relations.contains({"db", "t1"}));
  EXPECT_TRUE(reads.relations.contains({"u", "t2"}));
}

}  // namespace
}  // namespace stateserver::schema
