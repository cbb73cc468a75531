// SPDX-License-Identifier: Apache-2.0
//
// Statements that the parser does not know, and the recorded ones cut short and changed.
#include <algorithm>
#include <random>

#include "server/starrocks/ddl/lexer.h"
#include "tests/unit/server/starrocks/apply/recorded.h"

namespace stateserver::apply {
namespace {

using namespace testing;  // NOLINT: the helpers of this folder

constexpr char kMutatedTable[] =
    "CREATE TABLE t (k INT NOT NULL, v INT NULL) DUPLICATE KEY(k) DISTRIBUTED BY HASH(k) BUCKETS 2 "
    "PROPERTIES (\"replication_num\" = \"1\")";

TEST(RobustTest, StatementsThatAreNotKnownAreNeverRefused) {
  for (std::string statement : {
           "GRANT SELECT ON TABLE t TO USER u",
           "CREATE DATABASE other",
           "DROP DATABASE other",
           "CREATE TABLE l LIKE t",
           "CREATE TABLE c AS SELECT k FROM t",
           "CREATE EXTERNAL CATALOG c PROPERTIES (\"type\" = \"hive\")",
           "CREATE RESOURCE GROUP g TO (user = 'u') WITH (\"cpu_weight\" = \"4\")",
           "CREATE FUNCTION f(INT) RETURNS INT PROPERTIES (\"symbol\" = \"x\")",
           "CREATE PIPE p AS INSERT INTO t SELECT * FROM FILES(\"path\" = \"x\")",
           "CREATE ROUTINE LOAD job ON t FROM KAFKA (\"kafka_topic\" = \"x\")",
           "SUBMIT TASK s AS INSERT INTO t SELECT k, v FROM t",
           "ANALYZE FULL TABLE t",
           "ADMIN SET FRONTEND CONFIG (\"enable_experimental_gin\" = \"true\")",
           "CANCEL ALTER TABLE COLUMN FROM t",
           "ALTER TABLE t COMPACT",
           "ALTER TABLE nothing COMPACT",
           "ALTER TABLE t SPLIT TABLET",
           "ALTER TABLE t ADD TEMPORARY PARTITION p VALUES LESS THAN (\"3\")",
           "ALTER TABLE t ADD CONSTRAINT c UNIQUE (k)",
           "ALTER TABLE t PARTITION BY date_trunc('month', k), ADD COLUMN w INT",
           "ALTER DATABASE db SET DATA QUOTA 1GB",
           "ALTER SYSTEM ADD BACKEND \"h:9050\"",
           "ALTER MATERIALIZED VIEW m ADD COLUMN s",
           "TRUNCATE TABLE t PARTITION (p1)",
           "RECOVER TABLE t",
           "BACKUP SNAPSHOT db.s TO r",
           "SET GLOBAL query_timeout = 3",
           "zzz",
           "",
           ";",
           "-- nothing but a comment",
           "ALTER",
           "CREATE TABLE",
           "ALTER TABLE t ADD COLUMN `unfinished INT",
           "ALTER TABLE t COMMENT = \"unfinished",
           "/* unfinished",
       }) {
    Catalog catalog = EmptyCatalog("db");
    ASSERT_TRUE(Step(kMutatedTable, &catalog).taken());
    Verdict verdict = Step(statement, &catalog);
    EXPECT_TRUE(verdict.unknown()) << statement << ": " << verdict.words;
    EXPECT_FALSE(verdict.words.empty()) << statement;
    EXPECT_EQ(catalog.objects.size(), 1U) << statement;
  }
}

TEST(RobustTest, LargeAndDeepStatementsEnd) {
  constexpr size_t kMany = 100'000;
  const std::string open(kMany, '('), name(kMany, 'n');
  std::string arrays;
  for (size_t i = 0; i < kMany; ++i) arrays += "ARRAY<";
  for (const std::string& statement :
       {"CREATE VIEW w AS SELECT " + open + "k FROM t", "ALTER TABLE t ADD COLUMN g INT AS " + open,
        "ALTER TABLE t ADD COLUMN a " + arrays, "ALTER TABLE t ADD COLUMN `" + name + "` zzz",
        std::string("ALTER TABLE t\0 COMMENT = \"x\"", 28), std::string(kMany, ','),
        std::string("ALTER TABLE t COMMENT \xff\xfe")}) {
    Catalog catalog = EmptyCatalog("db");
    ASSERT_TRUE(Step(kMutatedTable, &catalog).taken());
    EXPECT_TRUE(Step(statement, &catalog).unknown()) << statement.substr(0, 60);
  }
}

// Recorded is a statement with the schema before it.
struct Recorded {
  Catalog before;
  std::string statement;
};

// Visits each statement of the engine's files that Apply takes.
void EachTaken(const std::function<void(const Recorded&)>& visit) {
  auto all = [&](const std::vector<std::string>& statements) {
    Catalog catalog = EmptyCatalog("db");
    for (const std::string& statement : statements) {
      Recorded one{catalog, statement};
      if (Step(statement, &catalog).taken()) visit(one);
    }
  };
  EachLine("engine_cases.jsonl", [&](simdjson::dom::element line) {
    all(TextsOf(line, "from")), all(TextsOf(line, "to"));
  });
  EachLine("errors.jsonl", [&](simdjson::dom::element line) { all(TextsOf(line, "setup")); });
  std::map<std::string, std::vector<std::string>> from;
  EachLine("diff.jsonl",
           [&](simdjson::dom::element line) { from[TextOf(line, "id")] = TextsOf(line, "from"); });
  EachLine("alter_transcripts.jsonl", [&](simdjson::dom::element line) {
    std::vector<std::string> statements = from[TextOf(line, "case")];
    statements.push_back(TextOf(line, "statement"));
    all(statements);
  });
}

std::string NamesOf(const Catalog& catalog) {
  std::string text;
  for (const auto& [name, entry] : catalog.objects) {
    text += name + (entry.unknown.empty() ? " " : "? ");
    if (entry.table() != nullptr) text += std::to_string(entry.table()->table.columns.size()) + ";";
  }
  return text;
}

// Applies a changed statement, and checks what holds whatever the text is.
Verdict StepChecked(const Recorded& one, const std::string& statement) {
  Catalog catalog = one.before, again = one.before;
  Verdict verdict = Step(statement, &catalog), second = Step(statement, &again);
  EXPECT_EQ(verdict.kind, second.kind) << statement;
  EXPECT_EQ(verdict.words.empty(), verdict.taken()) << statement;
  EXPECT_EQ(verdict.evidence.empty(), !verdict.refused()) << statement;
  bool unchanged = NamesOf(catalog) == NamesOf(one.before);
  EXPECT_TRUE(unchanged || !verdict.refused()) << statement;
  return verdict;
}

std::vector<std::string> TokensOf(const std::string& statement) {
  std::vector<std::string> texts;
  for (const schema::Token& token : schema::Lex(statement, "statement").tokens) {
    texts.emplace_back(token.source);
  }
  if (!texts.empty()) texts.pop_back();  // the end
  return texts;
}

std::string Joined(const std::vector<std::string>& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += token + " ";
  return text;
}

TEST(RobustTest, WhatFollowsAStatementMakesItUnknown) {
  int count = 0;
  EachTaken([&](const Recorded& one) {
    ++count;
    Verdict verdict = StepChecked(one, one.statement + "\n)");
    EXPECT_TRUE(verdict.unknown()) << one.statement << ": " << verdict.words;
    verdict = StepChecked(one, "zzz " + one.statement);
    EXPECT_TRUE(verdict.unknown()) << one.statement << ": " << verdict.words;
  });
  EXPECT_GT(count, 1000);
}

TEST(RobustTest, StatementsThatAreCutShortOrChanged) {
  constexpr int kChanges = 6;
  std::mt19937 random(20'261'201);
  std::map<Verdict::Kind, int> outcomes;
  EachTaken([&](const Recorded& one) {
    const std::vector<std::string> tokens = TokensOf(one.statement);
    ASSERT_FALSE(tokens.empty());
    for (int i = 0; i < kChanges; ++i) {
      std::vector<std::string> changed = tokens;
      size_t at = random() % tokens.size(), other = random() % tokens.size();
      auto place = changed.begin() + static_cast<std::ptrdiff_t>(at);
      switch (i) {
        case 0:
          changed.resize(at);
          break;
        case 1:
          changed.erase(place);
          break;
        case 2:
          changed.insert(place, tokens[other]);
          break;
        case 3:
          std::swap(changed[at], changed[other]);
          break;
        case 4:
          changed[at] = "zzz";
          break;
        default:
          break;
      }
      std::string text = Joined(changed);
      // The last change is one of bytes.
      if (i == kChanges - 1) {
        text = one.statement;
        text[random() % text.size()] = static_cast<char>(random() % 256);
      }
      ++outcomes[StepChecked(one, text).kind];
    }
  });
  std::cout << outcomes[Verdict::Kind::kTaken] << " taken, " << outcomes[Verdict::Kind::kRefused]
            << " refused, " << outcomes[Verdict::Kind::kUnknown] << " unknown\n";
  EXPECT_GT(outcomes[Verdict::Kind::kUnknown], 0);
}

}  // namespace
}  // namespace stateserver::apply
