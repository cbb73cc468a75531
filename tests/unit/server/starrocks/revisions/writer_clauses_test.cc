// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/writer_clauses.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "common/sql/lexer.h"
#include "common/text.h"
#include "revisions/revision_file.h"
#include "server/starrocks/revisions/run/plan.h"

namespace stateserver::revisions {
namespace {

const std::map<std::string, LiveObjectState>& Live() {
  static const std::map<std::string, LiveObjectState> live = {
      {"t",
       {"1",
        "CREATE TABLE `t` (`k` INT NOT NULL, `n` INT NULL COMMENT 'x', `s` VARCHAR(20) NULL "
        "DEFAULT "
        "\"a\", `d` DECIMAL(10, 2) NULL, `ts` DATETIME NULL, `f` FLOAT NULL, `c` CHAR(3) NOT NULL, "
        "`g` BIGINT NULL AS n + 1, `st` STRUCT<a INT> NULL) DUPLICATE KEY(`k`) DISTRIBUTED BY "
        "HASH(`k`)"}},
      {"a",
       {"2",
        "CREATE TABLE `a` (`k` INT NOT NULL, `v` INT SUM NULL) AGGREGATE KEY(`k`) DISTRIBUTED BY "
        "HASH(`k`)"}},
      {"p",
       {"3",
        "CREATE TABLE `p` (`k` INT NOT NULL, `v` INT NULL) PRIMARY KEY(`k`) DISTRIBUTED BY "
        "HASH(`k`)"}},
      {"v", {"4", "CREATE VIEW `v` AS SELECT 1"}},
      {"unread", {"unreadable", ""}},
      {"missing", {"-", ""}},
  };
  return live;
}

// Returns "" for what a writer may run.
std::string WhyNot(std::string_view statement) {
  return WriterClauses(Live()).WhyNot(statement).value_or("");
}

const std::vector<std::string>& Allowed() {
  static const std::vector<std::string> statements = {
      "CREATE TABLE t (a INT)",
      "CREATE TABLE IF NOT EXISTS db.t (`drop` INT COMMENT 'it''s; \\'swap', b ARRAY<INT>) ENGINE "
      "= "
      "olap PRIMARY KEY(`drop`) COMMENT \"DROP\" PARTITION BY RANGE(b) (PARTITION p VALUES LESS "
      "THAN "
      "('1')) DISTRIBUTED BY HASH(a) BUCKETS 2 ORDER BY (a) ROLLUP (r (a)) PROPERTIES "
      "(\"partition_ttl\" = \"1 DAY\")",
      "create view v as select 'drop' as x",
      "CREATE VIEW v (a COMMENT 'x') COMMENT 'y' SECURITY INVOKER AS WITH w AS (SELECT 1) SELECT * "
      "FROM w",
      "CREATE MATERIALIZED VIEW m REFRESH ASYNC EVERY(INTERVAL 1 HOUR) PROPERTIES (\"a\" = \"b\") "
      "AS "
      "SELECT a, count(*) FROM t GROUP BY a",
      "CREATE INDEX i ON t (a) USING BITMAP COMMENT 'x'",
      "CREATE INDEX i ON db.t (a)",
      "ALTER TABLE t ADD COLUMN a INT",
      "ALTER TABLE db.`drop` ADD COLUMN `a` INT NOT NULL DEFAULT '7' COMMENT 'x' AFTER `swap`",
      "ALTER TABLE t ADD COLUMN a INT KEY FIRST, ADD COLUMN b VARCHAR(5), ADD INDEX i (a)",
      "ALTER TABLE t ADD COLUMN (a INT, b MAP<INT, STRUCT<x INT, y DECIMAL(5, 2)>>)",
      "ALTER TABLE t ADD COLUMN z BIGINT AS if(n IN (1, 2), k, [1, 2][1]) + 1 COMMENT 'x', ADD "
      "COLUMN "
      "y INT",
      "ALTER TABLE t ADD INDEX i (a) USING NGRAMBF (\"gram_num\" = \"4\") COMMENT 'x'",
      "ALTER TABLE t ADD PARTITION p VALUES LESS THAN ('2026-01-01')",
      "ALTER TABLE t ADD PARTITION IF NOT EXISTS p VALUES [('1'), ('2')) (\"replication_num\" = "
      "\"3\")",
      "ALTER TABLE t ADD PARTITION p VALUES IN (('a', 'b'), ('c', 'd'))",
      "ALTER TABLE t ADD PARTITIONS START ('2026-01-01') END ('2026-02-01') EVERY (INTERVAL 1 DAY)",
      "ALTER TABLE t ADD ROLLUP r (a, b), s (a) DUPLICATE KEY (a) FROM r PROPERTIES (\"timeout\" = "
      "\"9\")",
      "ALTER TABLE t COMMENT = ', DROP COLUMN c'",
      "ALTER TABLE t MODIFY COLUMN n COMMENT 'x'",
      "ALTER TABLE t MODIFY COLUMN st ADD FIELD b INT AFTER a",
      "ALTER TABLE t MODIFY COLUMN st ADD FIELD a.[*].b ARRAY<INT>",
      "ALTER TABLE t MODIFY COLUMN n BIGINT NULL COMMENT 'y'",
      "ALTER TABLE t SET (\"bloom_filter_columns\" = \"a, b\")",
      "ALTER TABLE t SET ('bucket_size' = '0', 'mutable_bucket_num' = '7')",
      "ALTER VIEW v AS SELECT 1",
      "ALTER VIEW db.v (a, b COMMENT 'x') AS SELECT 1, 2",
      "ALTER MATERIALIZED VIEW m ACTIVE",
      "ALTER MATERIALIZED VIEW m REFRESH ASYNC START('2026-01-01') EVERY (INTERVAL 2 HOUR)",
      "ALTER MATERIALIZED VIEW m SET (\"partition_refresh_number\" = \"2\")",
      "REFRESH MATERIALIZED VIEW m",
      "REFRESH MATERIALIZED VIEW db.m WITH SYNC MODE",
  };
  return statements;
}

struct Refused {
  std::string statement, why;
  bool by_spelling = false;  // another spelling may be allowed
};

const std::vector<Refused>& NotAllowed() {
  static const std::vector<Refused> statements = {
      {"", "no clause"},
      {"CREATE", "CREATE"},
      {"CREATE OR", "CREATE OR"},
      {"DROP TABLE t", "DROP TABLE"},
      {"TRUNCATE TABLE t", "TRUNCATE TABLE"},
      {"SELECT 1", "SELECT"},
      {"ADMIN SET FRONTEND CONFIG ('a' = 'b')", "ADMIN"},
      {"GRANT ALL ON ALL TABLES TO x", "GRANT ALL"},
      {"CREATE USER u", "CREATE"},
      {"DELETE FROM t WHERE a = 1", "DELETE"},
      {"UPDATE t SET a = 1", "UPDATE"},
      {"SUBMIT TASK AS INSERT OVERWRITE t SELECT 1", "SUBMIT"},
      {"ALTER DATABASE d RENAME e", "ALTER"},
      {"ALTER SYSTEM DROP BACKEND 'b'", "ALTER"},
      // On tables with a primary or unique key, it replaces rows.
      {"INSERT INTO t VALUES (1)", "INSERT INTO"},
      {"INSERT OVERWRITE t SELECT 1", "INSERT OVERWRITE"},
      {"CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW"},
      {"CREATE EXTERNAL TABLE e (a INT)", "CREATE EXTERNAL TABLE"},
      {"CREATE TEMPORARY TABLE e (a INT)", "CREATE TEMPORARY TABLE"},
      {"CREATE TABLE e (a INT) ENGINE = mysql", "ENGINE = MYSQL"},
      {"CREATE TABLE e AS SELECT 1", "CREATE TABLE: found `AS`, expected `(`"},
      {"CREATE TABLE e LIKE t", "CREATE TABLE: found `LIKE`, expected `(`"},
      {"CREATE TABLE c.d.e (a INT)",
       "CREATE TABLE: found `c`, expected an object of default_catalog"},
      {"CREATE VIEW v AS SELECT 1 INTO OUTFILE 's3://b'", "INTO inside the statement"},
      {"CREATE VIEW v AS SELECT * FROM FILES('path' = 's3://b')", "FILES inside the statement"},
      {"CREATE VIEW v AS EXPLAIN SELECT 1", "CREATE VIEW: found `EXPLAIN`, expected a query"},
      {"CREATE VIEW v AS SELECT 1)", "CREATE VIEW: found `)`, expected the end of the query"},
      {"ALTER VIEW v SET SECURITY NONE", "ALTER VIEW … SET SECURITY"},
      {"ALTER VIEW v ADD DIALECT STARROCKS SELECT 1", "ALTER VIEW … ADD"},
      {"ALTER MATERIALIZED VIEW m INACTIVE", "ALTER MATERIALIZED VIEW … INACTIVE"},
      {"ALTER MATERIALIZED VIEW m RENAME n", "ALTER MATERIALIZED VIEW … RENAME"},
      {"ALTER MATERIALIZED VIEW m SWAP WITH n", "ALTER MATERIALIZED VIEW … SWAP WITH"},
      {"ALTER MATERIALIZED VIEW m DROP COLUMN c", "ALTER MATERIALIZED VIEW … DROP COLUMN"},
      {"ALTER MATERIALIZED VIEW m SET ('partition_ttl_number' = '1')",
       "SET of 'partition_ttl_number'"},
      {"REFRESH MATERIALIZED VIEW m FORCE",
       "REFRESH MATERIALIZED VIEW: found `FORCE`, expected the end"},
      {"REFRESH MATERIALIZED VIEW m PARTITION START ('1') END ('2')",
       "REFRESH MATERIALIZED VIEW: found `PARTITION`, expected the end"},
      // Clauses that are allowed, with something else after them.
      {"ALTER TABLE t ADD COLUMN a INT TO r", "ADD COLUMN: found `TO`, expected the end"},
      {"ALTER TABLE t ADD COLUMN a INT AS n TO r",
       "ADD COLUMN: found `TO`, expected an expression"},
      {"ALTER TABLE t ADD COLUMN a INT AS n DROP COLUMN c", "DROP inside the statement"},
      {"ALTER TABLE t ADD COLUMN a INT, ADD ROLLUP r (a)", "ADD ROLLUP"},
      {"ALTER TABLE t ADD ROLLUP r (a), ADD COLUMN a INT",
       "ADD ROLLUP: found `ADD`, expected a rollup's name; a reserved word needs backticks"},
      {"ALTER TABLE t ADD COLUMN `a\\'` INT, DROP COLUMN c", "DROP COLUMN"},
      {"ALTER/* */TABLE t DROP/* x */COLUMN c", "DROP COLUMN"},
      {"ALTER TABLE t COMMENT 'x'", "COMMENT: found `'x'`, expected `=`"},
      {"ALTER TABLE t ADD COLUMN", "ADD COLUMN: found the end, expected a column's name"},
      {"ALTER TABLE t ADD COLUMN a INT,", "no clause"},
      {"ALTER TABLE t", "no clause"},
      // Properties.
      {"ALTER TABLE t SET (\"partition_ttl\" = \"1 DAY\")", "SET of 'partition_ttl'"},
      {"ALTER TABLE t SET ('bucket_size' = '1', 'partition_live_number' = '1')",
       "SET of 'partition_live_number'"},
      {"ALTER TABLE t SET ('BUCKET_SIZE' = '1')", "SET of 'BUCKET_SIZE'"},
      {"ALTER TABLE t SET ('bucket\\_size' = '1')", "SET of 'bucket_size'"},
      {"ALTER TABLE t SET (bucket_size = '1')",
       "SET: found `bucket_size`, expected a property's name in quotes"},
      // Tokens that the engine, or one of its releases, reads otherwise.
      {"ALTER TABLE t ADD COLUMN a INT -- x\r, DROP COLUMN b", "DROP COLUMN"},
      {"ALTER TABLE t ADD COLUMN a INT #, DROP COLUMN b", "`#`"},
      {"ALTER TABLE t /**/ ADD COLUMN a INT -- */ DROP COLUMN c", "the empty comment /**/", true},
      {"ALTER TABLE t\xE3\x80\x80"
       "ADD COLUMN a INT",
       "unusual white space", true},
      {"ALTER TABLE t ADD COLUMN \xC5\xBF_ INT", "`\xC5\xBF_` without backticks", true},
      {"ALTER TABLE t\vADD COLUMN a INT", "unusual white space", true},
      {"CREATE VIEW v AS SELECT $$ ' $$", "`$$ ' $$` without backticks"},
      {"CREATE VIEW v AS SELECT $$ '", "`$$` without backticks"},
      {"CREATE VIEW v AS SELECT @a", "`@a` without backticks"},
      {"CREATE TABLE t (a INT) COMMENT 'x", "`'x`", true},
      {"CREATE TABLE t (a INT) /* x", "`/* x`", true},
      {"CREATE TABLE t (a INT); SELECT 1", "more than one statement"},
      {"/*+ SET_VAR(a=1) */ CREATE TABLE a (id INT)", "a hint, or a comment that is executed",
       true},
      {"CREATE TABLE t (a INT) /*!, b INT */", "a hint, or a comment that is executed", true},
  };
  return statements;
}

TEST(WriterClausesTest, CreatesAndExtends) {
  for (const std::string& statement : Allowed()) EXPECT_EQ(WhyNot(statement), "") << statement;
}

TEST(WriterClausesTest, EverythingElseNeedsAnAdministrator) {
  for (const Refused& one : NotAllowed())
    EXPECT_EQ(WhyNot(one.statement), one.why) << one.statement;
}

// Every alternative of alterClause in the engine's grammar, releases 2.5 to 4.1, that is about a
// table, and both further forms of ALTER TABLE. Clauses in the first list are allowed.
TEST(WriterClausesTest, EveryClauseOfTheEnginesGrammar) {
  for (const char* clause :
       {"ADD INDEX i (a)", "COMMENT = 'x'", "ADD COLUMN a INT", "ADD COLUMN (a INT, b INT)",
        "MODIFY COLUMN n COMMENT 'x'", "MODIFY COLUMN st ADD FIELD b INT",
        "ADD PARTITION x VALUES LESS THAN ('1')", "ADD ROLLUP r (a)",
        "SET ('enable_load_profile' = 'true')"}) {
    EXPECT_EQ(WhyNot(Cat("ALTER TABLE t ", clause)), "") << clause;
  }
  for (const char* clause : {"DROP INDEX i",
                             "RENAME u",
                             "SWAP WITH u",
                             "SET ('partition_ttl' = '1 DAY')",
                             "SET ('partition_ttl_number' = '1')",
                             "SET ('partition_live_number' = '1')",
                             "SET ('partition_retention_condition' = 'a > 1')",
                             "SET ('dynamic_partition.start' = '-1')",
                             "SET ('storage_cooldown_ttl' = '1 DAY')",
                             "SET ('storage_cooldown_time' = '2026-01-01')",
                             "SET ('default.storage_medium' = 'HDD')",
                             "SET ('storage_medium' = 'HDD')",
                             "SET ('replication_num' = '1')",
                             "SET ('default.replication_num' = '1')",
                             "SET ('replicated_storage' = 'false')",
                             "SET ('write_quorum' = 'ONE')",
                             "SET ('labels.location' = '*')",
                             "SET ('colocate_with' = 'x')",
                             "SET ('enable_persistent_index' = 'false')",
                             "SET ('persistent_index_type' = 'LOCAL')",
                             "SET ('binlog.enable' = 'true')",
                             "SET ('binlog_enable' = 'true')",
                             "SET ('datacache.enable' = 'true')",
                             "SET ('flat_json.enable' = 'true')",
                             "SET ('unique_constraints' = 'a')",
                             "SET ('foreign_key_constraints' = 'a')",
                             "SET ('time_drift_constraint' = 'a')",
                             "SET ('table_query_timeout' = '1')",
                             "SET ('base_compaction_forbidden_time_ranges' = '* * * * *')",
                             "SET ('compaction_strategy' = 'x')",
                             "SET ('lake_compaction_max_parallel' = '1')",
                             "SET ('file_bundling' = 'true')",
                             "SET ('load_initial_open_partition_number' = '1')",
                             "SET ('cloud_native_fast_schema_evolution_v2' = 'true')",
                             "ADD PARTITION COLUMN a",
                             "DROP COLUMN a",
                             "DROP COLUMN a FROM r",
                             "DROP PARTITION COLUMN a",
                             "MODIFY COLUMN k BIGINT AFTER n",
                             "MODIFY COLUMN n SMALLINT",
                             "MODIFY COLUMN n BIGINT FIRST",
                             "MODIFY COLUMN n BIGINT FROM r",
                             "MODIFY COLUMN n BIGINT PROPERTIES ('timeout' = '1')",
                             "RENAME COLUMN a TO b",
                             "RENAME COLUMN a b",
                             "ORDER BY (a, b)",
                             "RENAME ROLLUP a b",
                             "COMPACT",
                             "COMPACT p",
                             "BASE COMPACT (p)",
                             "CUMULATIVE COMPACT p",
                             "DISTRIBUTED BY HASH(a) BUCKETS 4",
                             "DISTRIBUTED BY RANDOM",
                             "DISTRIBUTED BY HASH(a) DEFAULT BUCKETS 4",
                             "PARTITIONS (p) DISTRIBUTED BY HASH(a) BUCKETS 4",
                             "PARTITION (p) DISTRIBUTED BY HASH(a) BUCKETS 4",
                             "PARTITION BY date_trunc('month', d)",
                             "PRIMARY KEY (a)",
                             "ORDER BY (a) DISTRIBUTED BY HASH(a) BETWEEN '1' AND '2'",
                             "DEFAULT BUCKETS 4",
                             "MODIFY COLUMN st DROP FIELD a",
                             "MODIFY COLUMN st ADD FIELD b INT PROPERTIES ('timeout' = '1')",
                             "CREATE OR REPLACE TAG x",
                             "REPLACE TAG x",
                             "CREATE TAG x",
                             "CREATE OR REPLACE BRANCH x",
                             "REPLACE BRANCH x",
                             "CREATE BRANCH x",
                             "DROP BRANCH x",
                             "DROP TAG x",
                             "EXECUTE expire_snapshots(now())",
                             "DROP PERSISTENT INDEX ON TABLETS (1)",
                             "SPLIT TABLET",
                             "MERGE TABLETS (1, 2)",
                             "AUTO_INCREMENT = 1",
                             "MODIFY COLUMN a SET MASKING POLICY x",
                             "MODIFY COLUMN a UNSET MASKING POLICY",
                             "ADD COLUMN a INT WITH MASKING POLICY x",
                             "ADD ROW ACCESS POLICY x",
                             "DROP ROW ACCESS POLICY x",
                             "DROP ALL ROW ACCESS POLICIES",
                             "ADD TEMPORARY PARTITION x VALUES LESS THAN ('1')",
                             "ADD TEMPORARY PARTITIONS START ('1') END ('2') EVERY (1)",
                             "ADD PARTITION x VALUES LESS THAN ('1') DISTRIBUTED BY HASH(a)",
                             "DROP PARTITION p",
                             "DROP PARTITION IF EXISTS p FORCE",
                             "DROP PARTITIONS (p, q)",
                             "DROP PARTITIONS START ('1') END ('2') EVERY (1)",
                             "DROP PARTITIONS WHERE a < 1",
                             "DROP TEMPORARY PARTITION p",
                             "DROP ALL TEMPORARY PARTITIONS",
                             "TRUNCATE PARTITION p",
                             "TRUNCATE PARTITIONS (p)",
                             "MODIFY PARTITION p SET ('storage_cooldown_time' = '2020-01-01')",
                             "MODIFY PARTITION (*) SET ('replication_num' = '1')",
                             "MODIFY PARTITION DISTRIBUTED BY HASH(a)",
                             "REPLACE PARTITION (p) WITH TEMPORARY PARTITION (q)",
                             "RENAME PARTITION p q",
                             "DROP ROLLUP r",
                             "CHANGE COLUMN a b INT",
                             "ALTER COLUMN a SET DEFAULT 1"}) {
    EXPECT_NE(WhyNot(Cat("ALTER TABLE t ", clause)), "") << clause;
    EXPECT_NE(WhyNot(Cat("ALTER TABLE t ADD COLUMN x INT, ", clause)), "") << clause;
  }
}

TEST(WriterClausesTest, OnlyAllowedClausesOfTheCorpusAreAllowed) {
  size_t allowed = 0, refused = 0;
  for (const char* name : {"alter_transcripts.jsonl", "errors.jsonl"}) {
    std::ifstream file(Cat(TEST_DATA_DIR, "/starrocks/", name));
    simdjson::dom::parser parser;
    for (std::string text; std::getline(file, text);) {
      std::string statement(parser.parse(text)["statement"].get_string().value());
      std::string upper = Upper(statement);
      if (!WhyNot(statement).empty()) {
        ++refused;
        continue;
      }
      ++allowed;
      for (const char* word :
           {" DROP ", " RENAME ", " SWAP ", " REPLACE ", " TRUNCATE ", "_TTL", " DISTRIBUTED BY ",
            " PARTITION BY ", "DYNAMIC_PARTITION", "INSERT "}) {
        bool creates = upper.starts_with("CREATE ");
        EXPECT_TRUE(creates || upper.find(word) == upper.npos) << statement;
      }
    }
  }
  EXPECT_GT(allowed, 40U);
  EXPECT_GT(refused, 80U);
}

// --- spelling ---------------------------------------------------------------------------
class Speller {
 public:
  // Returns the statement with other white space, comments, case of words and quotes of texts.
  std::string Spell(const std::string& statement) {
    std::string out;
    sql::Lexer lexer(statement, sql::kStarRocks);
    for (sql::Token token = lexer.Next(); token.kind != sql::Token::Kind::kEnd;
         token = lexer.Next()) {
      if (token.kind == sql::Token::Kind::kComment) continue;
      AppendTo(&out, Space(), Spelled(token));
    }
    return out + Space();
  }

  std::string Space() {
    static const std::vector<std::string> kSpaces = {
        " ",
        "\n",
        "\r",
        "\r\n\t ",
        "/* , DROP COLUMN c */",
        "-- x\n",
        "--\r",
        "--, ;\r\n",
        "/*'*/",
        " /*-- */ ",
        "-- /*\n",
        "/*\r\n`*/",
        "/***/",
        "-- \xE3\x80\x80\n",
        "/* \xC5\xBF */",
        "/* /* x */",
        "--\\\r--'\n",
    };
    std::string space;
    for (size_t i = random_() % 3 + 1; i > 0; --i) space += kSpaces[random_() % kSpaces.size()];
    return space;
  }

 private:
  std::string Spelled(const sql::Token& token) {
    std::string text(token.source);
    if (token.kind == sql::Token::Kind::kWord) {
      for (char& c : text) c = random_() % 2 == 0 ? UpperChar(c) : LowerChar(c);
    }
    bool plain = text.find_first_of("\\\"'", 1) == text.size() - 1;
    if (token.kind == sql::Token::Kind::kText && plain) {
      text.front() = text.back() = random_() % 2 == 0 ? '\'' : '"';
    }
    return text;
  }

  std::mt19937 random_{20261130};
};

TEST(WriterClausesTest, SpellingDoesNotMatter) {
  Speller speller;
  for (int round = 0; round < 40; ++round) {
    for (const std::string& statement : Allowed()) {
      // Names of live tables and properties in texts keep their case.
      if (statement.find("MODIFY COLUMN n BIGINT") != statement.npos) continue;
      std::string spelled = speller.Spell(statement);
      EXPECT_EQ(WhyNot(spelled), "") << spelled;
    }
    for (const Refused& one : NotAllowed()) {
      if (one.by_spelling) continue;
      std::string spelled = speller.Spell(one.statement);
      EXPECT_NE(WhyNot(spelled), "") << spelled;
    }
  }
}

TEST(WriterClausesTest, NothingHidesBehindAnAllowedStatement) {
  const std::vector<std::string> kSuffixes = {", DROP COLUMN c",
                                              " , drop\tcolumn `c`",
                                              "\r,\rDROP\rCOLUMN\rc",
                                              "--\r, DROP COLUMN c",
                                              "-- x\r, DROP COLUMN c",
                                              "-- x\n, DROP COLUMN c",
                                              "/**/, DROP COLUMN c",
                                              "/* */, DROP COLUMN c",
                                              ", DROP /* x */ COLUMN c -- y",
                                              "#\n, DROP COLUMN c",
                                              "# x\r, DROP COLUMN c",
                                              "\v, DROP COLUMN c",
                                              "; DROP TABLE t",
                                              ";",
                                              " DROP COLUMN c",
                                              "/*! , DROP COLUMN c */",
                                              "/*+ x */, DROP COLUMN c",
                                              "\xE3\x80\x80, DROP COLUMN c",
                                              "/*/ */, DROP COLUMN c",
                                              "-- /*\n, DROP COLUMN c /* */",
                                              "/* -- */, DROP COLUMN c",
                                              "/* ' */, DROP COLUMN c -- '",
                                              "--\\\r, DROP COLUMN c",
                                              "--\\\n, DROP COLUMN c"};
  Speller speller;
  for (const std::string& statement : Allowed()) {
    for (const std::string& suffix : kSuffixes) {
      EXPECT_NE(WhyNot(statement + suffix), "") << statement << suffix;
    }
    for (int round = 0; round < 20; ++round) {
      std::string hidden = Cat(statement, speller.Spell(", DROP COLUMN c"));
      EXPECT_NE(WhyNot(hidden), "") << hidden;
    }
  }
}

// --- columns that get wider -----------------------------------------------------------------
TEST(WriterClausesTest, AModifiedColumnKeepsItsValues) {
  for (const char* column :
       {"t MODIFY COLUMN n INT", "t MODIFY COLUMN N BIGINT", "t MODIFY COLUMN n LARGEINT NULL",
        "t MODIFY COLUMN s VARCHAR(20) DEFAULT 'a'", "t MODIFY COLUMN s VARCHAR(21) DEFAULT 'a'",
        "t MODIFY COLUMN s STRING DEFAULT 'a'", "t MODIFY COLUMN d DECIMAL(12, 4)",
        "t MODIFY COLUMN f DOUBLE", "t MODIFY COLUMN c CHAR(4) NULL",
        "t MODIFY COLUMN k BIGINT KEY", "a MODIFY COLUMN v BIGINT SUM", "p MODIFY COLUMN v BIGINT",
        "db.p MODIFY COLUMN v BIGINT"}) {
    EXPECT_EQ(WhyNot(Cat("ALTER TABLE ", column)), "") << column;
  }
  for (const char* column : {"t MODIFY COLUMN n SMALLINT",
                             "t MODIFY COLUMN n DOUBLE",
                             "t MODIFY COLUMN n VARCHAR(50)",
                             "t MODIFY COLUMN n INT NOT NULL",
                             "t MODIFY COLUMN n BIGINT DEFAULT '1'",
                             "t MODIFY COLUMN n BIGINT KEY",
                             "t MODIFY COLUMN n BIGINT AS k",
                             "t MODIFY COLUMN n DATE",
                             "t MODIFY COLUMN s VARCHAR(19) DEFAULT 'a'",
                             "t MODIFY COLUMN s VARCHAR(30)",
                             "t MODIFY COLUMN s VARCHAR DEFAULT 'a'",
                             "t MODIFY COLUMN s CHAR(30) DEFAULT 'a'",
                             "t MODIFY COLUMN s INT DEFAULT 'a'",
                             "t MODIFY COLUMN d DECIMAL(12, 1)",
                             "t MODIFY COLUMN d DECIMAL(11, 4)",
                             "t MODIFY COLUMN ts DATE",
                             "t MODIFY COLUMN f INT",
                             "t MODIFY COLUMN k BIGINT",
                             "t MODIFY COLUMN g LARGEINT",
                             "t MODIFY COLUMN st STRUCT<a BIGINT>",
                             "t MODIFY COLUMN none BIGINT",
                             "a MODIFY COLUMN v BIGINT",
                             "a MODIFY COLUMN v BIGINT MAX",
                             "p MODIFY COLUMN k BIGINT KEY",
                             "T MODIFY COLUMN n BIGINT",
                             "v MODIFY COLUMN n BIGINT",
                             "unread MODIFY COLUMN n BIGINT",
                             "missing MODIFY COLUMN n BIGINT",
                             "elsewhere MODIFY COLUMN n BIGINT"}) {
    EXPECT_NE(WhyNot(Cat("ALTER TABLE ", column)), "") << column;
  }
  EXPECT_EQ(WhyNot("ALTER TABLE t MODIFY COLUMN n SMALLINT"),
            "MODIFY COLUMN that may change the values of `n`");
}

TEST(WriterClausesTest, StatementsSeeTheColumnsThatEarlierOnesWidened) {
  WriterClauses clauses(Live());
  EXPECT_EQ(clauses.WhyNot("ALTER TABLE t MODIFY COLUMN n LARGEINT"), std::nullopt);
  EXPECT_NE(clauses.WhyNot("ALTER TABLE t MODIFY COLUMN n BIGINT"), std::nullopt);
  EXPECT_EQ(clauses.WhyNot("ALTER TABLE t MODIFY COLUMN n LARGEINT"), std::nullopt);
  EXPECT_NE(WhyNot("ALTER TABLE t MODIFY COLUMN n BIGINT, MODIFY COLUMN n INT"), "");
}

// --- plans ------------------------------------------------------------------------------
std::optional<std::string> Destructive(const std::string& upgrade) {
  Revision revision =
      *ReadRevision("a.sql", "-- revision: a\n-- +upgrade\n" + upgrade + "\n-- +downgrade\n");
  RevisionRunPlan plan;
  plan.live = Live();
  plan.runs.emplace_back();
  plan.runs.back().revision = &revision;
  return FindDestructive(plan);
}

TEST(FindDestructiveTest, NotesOnlyEverRefuse) {
  EXPECT_EQ(Destructive("ALTER TABLE t ADD COLUMN x INT; ALTER TABLE t MODIFY COLUMN n BIGINT;"),
            std::nullopt);
  EXPECT_EQ(Destructive("CREATE TABLE x (a INT);\n-- step: class=metadata destructive=false\n"
                        "ALTER TABLE t REPLACE PARTITION (p) WITH TEMPORARY PARTITION (q);"),
            "statement 2 of revision 'a' does more than create or extend (REPLACE PARTITION)");
  EXPECT_EQ(Destructive("-- step: destructive=true\nALTER TABLE t ADD COLUMN x INT;"),
            "statement 1 of revision 'a' destroys or rebuilds");
  EXPECT_EQ(Destructive("-- step: class=copy_swap\nALTER TABLE t ADD COLUMN x INT;"),
            "statement 1 of revision 'a' destroys or rebuilds");
}

}  // namespace
}  // namespace stateserver::revisions
