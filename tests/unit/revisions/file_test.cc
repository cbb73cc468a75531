// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "common/error.h"
#include "revisions/revision_file.h"
#include "revisions/sums.h"

namespace stateserver::revisions {
namespace {

constexpr char kFile[] = R"(-- revision: 3f2a9c81d0e4
-- down_revision: 0aa1, 0bb2
-- depends_on: 0cc3
-- branch: billing
-- message: add age
-- created: 2026-11-22T10:15:30Z
-- engine: 4.0.4
-- schema: 1111222233334444 5555666677778888
-- warning: users: copies all data

-- +upgrade

-- step: object=`users` class=column job=true destructive=false before=11 after=22
ALTER TABLE `users` ADD COLUMN `age` INT NULL COMMENT "a; b";

UPDATE users
-- all of them
SET age = 0 WHERE true;

-- +downgrade

-- step: object=`odd ``name` class=column destructive=true
ALTER TABLE `users` DROP COLUMN `age`;

-- irreversible: the ages are gone
)";

TEST(RevisionFileTest, ReadsAllOfIt) {
  Revision revision = *ReadRevision("a.sql", kFile);
  EXPECT_EQ(revision.id, "3f2a9c81d0e4");
  EXPECT_EQ(revision.down, (std::vector<std::string>{"0aa1", "0bb2"}));
  EXPECT_EQ(revision.depends_on, std::vector<std::string>{"0cc3"});
  EXPECT_EQ(revision.branches, std::vector<std::string>{"billing"});
  EXPECT_EQ(revision.before, "1111222233334444");
  EXPECT_EQ(revision.after, "5555666677778888");
  EXPECT_EQ(revision.remarks, std::vector<std::string>{"warning: users: copies all data"});
  ASSERT_EQ(revision.upgrade.size(), 2u);
  EXPECT_EQ(revision.upgrade[0].line, 14);
  EXPECT_EQ(revision.upgrade[0].notes.object, "users");
  EXPECT_EQ(revision.upgrade[0].notes.after, "22");
  EXPECT_EQ(revision.upgrade[0].statement,
            "ALTER TABLE `users` ADD COLUMN `age` INT NULL COMMENT \"a; b\"");
  EXPECT_EQ(revision.upgrade[1].statement, "UPDATE users\n-- all of them\nSET age = 0 WHERE true");
  EXPECT_EQ(revision.upgrade[1].notes, StepNotes());
  ASSERT_EQ(revision.downgrade.size(), 1u);
  EXPECT_EQ(revision.downgrade[0].notes.object, "odd `name");
  EXPECT_TRUE(revision.downgrade[0].notes.destructive);
  EXPECT_EQ(revision.irreversible, std::vector<std::string>{"the ages are gone"});
}

TEST(RevisionFileTest, WhatIsPrintedReadsAlike) {
  Revision first = *ReadRevision("a.sql", kFile);
  std::string text = PrintRevision(first);
  Revision second = *ReadRevision("a.sql", text);
  EXPECT_EQ(PrintRevision(second), text);
  EXPECT_EQ(second.down, first.down);
  EXPECT_EQ(second.upgrade[0].notes, first.upgrade[0].notes);
  EXPECT_EQ(second.upgrade[1].statement, first.upgrade[1].statement);
  EXPECT_EQ(second.irreversible, first.irreversible);
}

TEST(RevisionFileTest, AMessageCannotBreakTheHeader) {
  Revision revision;
  revision.id = "a1";
  revision.message = "one\n-- +upgrade\nDROP TABLE t";
  Revision again = *ReadRevision("a.sql", PrintRevision(revision));
  EXPECT_EQ(again.message, "one -- +upgrade DROP TABLE t");
  EXPECT_TRUE(again.upgrade.empty());
}

struct Bad {
  const char* text;
  const char* message;
};

TEST(RevisionFileTest, SaysWhatIsWrongAndWhere) {
  const Bad kCases[] = {
      {"", "a.sql:1: the header has no `-- revision:`"},
      {"-- revision: a b\n", "a.sql:1: 'a b' is not a revision id"},
      {"-- revision: a\n-- revision: b\n", "a.sql:2: `-- revision:` occurs twice"},
      {"-- revision: a\nSELECT 1;\n", "a.sql:2: a statement is before `-- +upgrade`"},
      {"-- revision: a\n-- +upgrade\n", "a.sql:1: there is no section `-- +downgrade`"},
      {"-- revision: a\n-- +downgrade\n", "a.sql:1: there is no section `-- +upgrade`"},
      {"-- revision: a\n-- +upgrade\n-- +upgrade\n",
       "a.sql:3: the section `-- +upgrade` occurs twice"},
      {"-- revision: a\n-- +upgrade\n-- step: class=dml\n-- +downgrade\n",
       "a.sql:3: a `-- step:` has no statement after it"},
      {"-- revision: a\n-- +upgrade\n-- step: so\nSELECT 1;\n-- +downgrade\n",
       "a.sql:3: `-- step:` is not a list of key=value"},
      {"-- revision: a\n-- +upgrade\n-- irreversible: x\n-- +downgrade\n",
       "a.sql:3: `-- irreversible:` belongs in the downgrade"},
      {"-- revision: a\n-- +upgrade\nSELECT 'x;\n-- +downgrade\n",
       "a.sql: the text that begins in line 3 has no end"},
      {"-- revision: a\n-- +upgrade\nSELECT 1;\nset x = 1;\n-- +downgrade\n",
       "a.sql:4: USE and SET are not allowed in a revision: a run may continue on another "
       "connection"},
      {"-- revision: a\n-- +upgrade\nUSE db;\n-- +downgrade\n",
       "a.sql:3: USE and SET are not allowed in a revision: a run may continue on another "
       "connection"},
      {"-- revision: a\n-- +upgrade\n/* x\n",
       "a.sql: the comment that begins in line 3 has no end"},
  };
  for (const Bad& bad : kCases) {
    absl::StatusOr<Revision> read = ReadRevision("a.sql", bad.text);
    ASSERT_FALSE(read.ok()) << bad.text;
    EXPECT_EQ(ReasonOf(read.status()), Reason::REVISION_INVALID);
    EXPECT_EQ(read.status().message(), bad.message);
  }
}

TEST(RevisionFileTest, TheLastStatementNeedsNoSemicolon) {
  Revision revision =
      *ReadRevision("a.sql", "-- revision: a\n-- +upgrade\nDROP TABLE t\n-- +downgrade\nSELECT 1");
  EXPECT_EQ(revision.upgrade.at(0).statement, "DROP TABLE t");
  EXPECT_EQ(revision.downgrade.at(0).statement, "SELECT 1");
}

TEST(RevisionFileTest, ACommentDoesNotSwallowTheSemicolon) {
  EXPECT_EQ(Terminated("SELECT 1"), "SELECT 1;");
  EXPECT_EQ(Terminated("SELECT 1 -- one"), "SELECT 1 -- one\n;");
  Revision revision = *ReadRevision(
      "a.sql", "-- revision: a\n-- +upgrade\nSELECT 1 -- one\n; SELECT 2;\n-- +downgrade\n");
  Revision again = *ReadRevision("a.sql", PrintRevision(revision));
  ASSERT_EQ(again.upgrade.size(), 2u);
  EXPECT_EQ(again.upgrade[0].statement, "SELECT 1 -- one");
}

TEST(RevisionFileTest, NamesOfFiles) {
  Revision revision;
  revision.id = "3f2a9c81d0e4";
  revision.created = "2026-11-22T10:15:30Z";
  revision.message = "Add \xc3\xa4ge, twice!";
  EXPECT_EQ(FileName(revision), "20261122_101530_3f2a9c81d0e4_add_ge_twice.sql");
  EXPECT_EQ(NewRevisionId().size(), 12u);
  EXPECT_NE(NewRevisionId(), NewRevisionId());
}

TEST(SumsTest, ThereAndBack) {
  Sums sums = {{"a.sql", std::string(64, 'a')}, {"b c.sql", std::string(64, '0')}};
  EXPECT_EQ(*ReadSums(PrintSums(sums)), sums);
}

TEST(SumsTest, NamesTheLineThatIsNone) {
  std::string text = std::string(64, 'a') + "  a.sql\n<<<<<<< ours\n";
  EXPECT_EQ(ReadSums(text).status().message(),
            "revisions.sum:2: is not a checksum and the name of a file");
}

TEST(RevisionFileTest, MoreThanAFileMayHold) {
  auto message = [](const std::string& text) {
    return std::string(ReadRevision("a.sql", text).status().message());
  };
  auto file = [](const std::string& header, const std::string& upgrade) {
    return "-- revision: a\n" + header + "-- +upgrade\n" + upgrade + "\n-- +downgrade\n";
  };
  std::string statements, parents = "-- down_revision: p";
  for (size_t i = 0; i < kMostStatements; ++i) statements += "SELECT 1;\n";
  for (size_t i = 0; i < kMostListed; ++i) parents += ", p" + std::to_string(i);
  EXPECT_TRUE(ReadRevision("a.sql", file("", statements)).ok());
  EXPECT_EQ(message(file("", statements + "SELECT 2;")),
            "a.sql:50003: there are more than 50000 statements");
  EXPECT_EQ(message(file(parents + "\n", "")), "a.sql:2: `-- down_revision:` names more than 1000");
  EXPECT_EQ(message(file("", "SELECT '" + std::string(kMostStatementBytes, 'x') + "'")),
            "a.sql:3: a statement has more than 2 MiB");
}

}  // namespace
}  // namespace stateserver::revisions
