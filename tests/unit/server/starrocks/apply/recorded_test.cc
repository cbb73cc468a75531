// SPDX-License-Identifier: Apache-2.0
//
// Every recorded answer of the engine against Apply: nothing is taken that the engine refused, and
// nothing refused that it took.
#include "tests/unit/server/starrocks/apply/recorded.h"

#include <iterator>

namespace stateserver::apply {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

std::string Document() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/../../docs/starrocks.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

void ExpectSound(const Tally& tally) {
  EXPECT_NE(Document().find(tally.Row()), std::string::npos) << tally.Row();
  EXPECT_EQ(tally.taken, 0) << "taken though the engine refuses";
  EXPECT_EQ(tally.refused, 0) << "refused though the engine takes it";
  EXPECT_EQ(tally.words, 0) << "refused in other words";
}

std::string TableOf(const std::string& model, const std::string& type) {
  std::string column = "c " + type, key = "k INT";
  std::string clause = "DUPLICATE KEY(k)";
  if (model.ends_with("key")) key = "k INT, " + column;
  if (model == "duplicate key") clause = "DUPLICATE KEY(k, c)";
  if (model == "unique key") clause = "UNIQUE KEY(k, c)";
  if (model == "aggregate key") clause = "AGGREGATE KEY(k, c)", column = "v INT SUM";
  if (model == "primary value") clause = "PRIMARY KEY(k)", key = "k INT NOT NULL";
  if (model == "unique value") clause = "UNIQUE KEY(k)";
  if (model.starts_with("aggregate ") && model != "aggregate key") {
    clause = "AGGREGATE KEY(k)";
    column += " " + model.substr(10);
  }
  if (model.ends_with("key") && model != "aggregate key") column = "v INT";
  return "CREATE TABLE t (" + key + ", " + column + ") " + clause +
         " DISTRIBUTED BY HASH(k) BUCKETS 1 PROPERTIES (\"replication_num\" = \"1\")";
}

TEST(RecordedTest, TypeChanges) {
  Tally tally("engine_types.jsonl");
  int lines = 0, tables = 0;
  EachLine("engine_types.jsonl", [&](simdjson::dom::element line) {
    ++lines;
    std::string model = TextOf(line, "model"), to = TextOf(line, "to");
    Catalog catalog = EmptyCatalog("db");
    Verdict created = Step(TableOf(model, TextOf(line, "from")), &catalog);
    bool accepted = false;
    if (line["accepted"].get(accepted) != simdjson::SUCCESS) {
      ++tables;
      EXPECT_TRUE(created.refused()) << TableOf(model, TextOf(line, "from"));
      return;
    }
    ASSERT_TRUE(created.taken()) << created.words << ": " << TableOf(model, TextOf(line, "from"));
    std::string modify = "ALTER TABLE t MODIFY COLUMN c " + to;
    bool marker = model == "duplicate key" || model == "unique key" || model == "aggregate key";
    if (marker) modify += " KEY";
    if (model.starts_with("aggregate ") && !marker) modify += " " + model.substr(10);
    Verdict verdict = Step(modify, &catalog);
    tally.Compare(model + " " + TextOf(line, "from"), modify, verdict,
                  accepted ? std::nullopt : std::optional(TextOf(line, "message")));
  });
  EXPECT_EQ(lines, 5166);
  EXPECT_EQ(tables, 63);
  ExpectSound(tally);
  EXPECT_EQ(tally.unknown, 0);
}

TEST(RecordedTest, ActivityOfMaterializedViews) {
  Tally tally("engine_mv_active.jsonl");
  int lines = 0;
  EachLine("engine_mv_active.jsonl", [&](simdjson::dom::element line) {
    ++lines;
    Catalog catalog = EmptyCatalog("db");
    std::string from = TextOf(line, "from"), to = TextOf(line, "to");
    std::string table = "CREATE TABLE t (id INT NOT NULL, c " + from +
                        ") DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES "
                        "(\"replication_num\" = \"1\")";
    EXPECT_TRUE(Step(table, &catalog).taken());
    EXPECT_TRUE(Step("CREATE VIEW v AS SELECT id, c FROM t", &catalog).taken());
    std::string create =
        "CREATE MATERIALIZED VIEW m DISTRIBUTED BY HASH(id) BUCKETS 1 REFRESH MANUAL PROPERTIES "
        "(\"replication_num\" = \"1\") AS " +
        TextOf(line, "query");
    Verdict created = Step(create, &catalog);
    if (line["create_refused"].error() == simdjson::SUCCESS) {
      EXPECT_FALSE(created.refused()) << created.words;
      return;
    }
    ASSERT_TRUE(created.taken()) << created.words << ": " << create;
    ASSERT_TRUE(Step("ALTER TABLE t MODIFY COLUMN c " + to, &catalog).taken());
    bool accepted = false;
    bool said = line["active_accepted"].get(accepted) == simdjson::SUCCESS;
    accepted = accepted || !said;  // a view that stays active
    tally.Compare(from + " to " + to, create, Step("ALTER MATERIALIZED VIEW m ACTIVE", &catalog),
                  accepted ? std::nullopt : std::optional(TextOf(line, "message")));
  });
  EXPECT_EQ(lines, 168);
  ExpectSound(tally);
  EXPECT_EQ(tally.unknown, 0);
}

TEST(RecordedTest, Refusals) {
  Tally tally("errors.jsonl");
  int lines = 0;
  EachLine("errors.jsonl", [&](simdjson::dom::element line) {
    // Refused because of a job that runs, which a plan waits for.
    if (!TextOf(line, "setup_note").empty()) return;
    ++lines;
    Catalog catalog = EmptyCatalog("db1");
    for (const std::string& statement : TextsOf(line, "setup")) {
      Verdict verdict = Step(statement, &catalog);
      EXPECT_FALSE(verdict.refused()) << TextOf(line, "id") << ": " << verdict.words;
    }
    std::string statement = TextOf(line, "statement");
    tally.Compare(TextOf(line, "id"), statement, Step(statement, &catalog),
                  TextOf(line, "message"));
  });
  EXPECT_EQ(lines, 154);
  ExpectSound(tally);
  // Forms that the parser does not read, temporary partitions, rand() and the number of back ends.
  EXPECT_EQ(tally.unknown, 7);
}

// Runs the statements of a case up to the one that the engine refused.
void RunCase(const std::string& where, const std::vector<std::string>& statements,
             simdjson::dom::element shown, Catalog* catalog, Tally* tally) {
  simdjson::dom::element refused;
  std::string bad;
  if (shown["refused"].get(refused) == simdjson::SUCCESS) bad = TextOf(refused, "statement");
  for (const std::string& statement : statements) {
    Verdict verdict = Step(statement, catalog);
    if (statement == bad) {
      tally->Compare(where, statement, verdict, TextOf(refused, "message"));
      return;
    }
    tally->Compare(where, statement, verdict, std::nullopt);
  }
}

TEST(RecordedTest, Declarations) {
  Tally tally("engine_cases.jsonl, declarations");
  int lines = 0;
  EachLine("engine_cases.jsonl", [&](simdjson::dom::element line) {
    ++lines;
    for (std::string side : {"from", "to"}) {
      simdjson::dom::element shown;
      if (line["engine_" + side].get(shown) != simdjson::SUCCESS) continue;
      Catalog catalog = EmptyCatalog("rec_a");
      RunCase(TextOf(line, "id") + " " + side, TextsOf(line, side), shown, &catalog, &tally);
    }
  });
  EXPECT_EQ(lines, 427);
  ExpectSound(tally);
  // Mostly forms of queries; the printed list has the reasons.
  EXPECT_EQ(tally.unknown, 45);
}

TEST(RecordedTest, Transcripts) {
  // The tables of a case, by its id.
  std::map<std::string, std::vector<std::string>> from;
  EachLine("diff.jsonl",
           [&](simdjson::dom::element line) { from[TextOf(line, "id")] = TextsOf(line, "from"); });
  Tally tally("alter_transcripts.jsonl");
  int lines = 0;
  std::string last;
  Catalog catalog;
  EachLine("alter_transcripts.jsonl", [&](simdjson::dom::element line) {
    ++lines;
    std::string id = TextOf(line, "case");
    if (id != last || TextOf(line, "role") == "naive") {
      catalog = EmptyCatalog("db1");
      for (const std::string& statement : from[id]) {
        Verdict verdict = Step(statement, &catalog);
        EXPECT_TRUE(verdict.taken()) << id << ": " << verdict.words;
      }
    }
    last = id;
    std::string statement = TextOf(line, "statement");
    simdjson::dom::element error;
    bool refused = line["error"].get(error) == simdjson::SUCCESS && error.is_object();
    tally.Compare(id, statement, Step(statement, &catalog),
                  refused ? std::optional(TextOf(error, "message")) : std::nullopt);
  });
  EXPECT_EQ(lines, 59);
  ExpectSound(tally);
  EXPECT_EQ(tally.unknown, 0);
}

TEST(RecordedTest, PlansThatTheEngineRefused) {
  Tally tally("engine_cases.jsonl, plans");
  EachLine("engine_cases.jsonl", [&](simdjson::dom::element line) {
    simdjson::dom::array found;
    if (line["found"].get(found) != simdjson::SUCCESS) return;
    for (simdjson::dom::element one : found) {
      simdjson::dom::element error;
      std::string statement = TextOf(one, "statement"), what = TextOf(one, "what");
      bool refused = one["error"].get(error) == simdjson::SUCCESS && error.is_object();
      if (!refused || what.starts_with("diff") || statement.empty()) continue;
      // The engine had the view from another attempt.
      if (TextOf(line, "id") == "sync-mv-create-agg") continue;
      bool undo = what == "undo refused", text = what == "inspected text refused";
      Catalog catalog = EmptyCatalog("rec_a");
      if (!text) {
        for (const std::string& step : TextsOf(line, "from")) {
          EXPECT_FALSE(Step(step, &catalog).refused()) << step;
        }
      }
      for (const std::string& step : TextsOf(one, "plan")) {
        // An undo leads back to the first definition.
        if (text || undo || step == statement) break;
        EXPECT_FALSE(Step(step, &catalog).refused()) << TextOf(line, "id") << ": " << step;
      }
      tally.Compare(TextOf(line, "id") + " " + what, statement, Step(statement, &catalog),
                    TextOf(error, "message"));
    }
  });
  ExpectSound(tally);
  EXPECT_EQ(tally.unknown, 6);
}

}  // namespace
}  // namespace stateserver::apply
