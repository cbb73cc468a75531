// SPDX-License-Identifier: Apache-2.0
//
// What a real front end takes, refuses and prints.
#include "tests/unit/server/starrocks/ddl/corpus.h"

#include <set>

#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/script.h"

namespace stateserver::schema {
namespace {

using testing::Line;
using testing::ReadLines;

// Statements that declare nothing, or what cannot be compared: each is an error
// here, whatever the engine says.
bool Declares(const Line& line) {
  static const std::set<std::string> kOther = {"create.like", "create.ctas", "create.temporary",
                                               "create.external_mysql", "catalog.external"};
  return line.sql.starts_with("CREATE ") && !kOther.contains(line.feature);
}

Object One(const std::string& sql, const std::string& what) {
  ParsedScript script = ParseScript(sql, what);
  EXPECT_TRUE(script.errors.empty()) << script.errors.at(0).Text() << "\n" << sql;
  EXPECT_EQ(script.objects.size(), 1u) << sql;
  return script.objects.empty() ? Object{} : script.objects[0];
}

void ExpectSame(const Object& a, const Object& b, const std::string& context) {
  EXPECT_EQ(a.name, b.name) << context;
  EXPECT_TRUE(a.definition == b.definition) << context << "\n" << Print(a) << "\n" << Print(b);
}

void ExpectPrintedReadsBack(const Object& object) {
  std::string text = Print(object);
  Object again = One(text, "printed");
  ExpectSame(object, again, text);
  EXPECT_EQ(Print(again), text);
}

TEST(SchemaCorpus, TakesAndRefusesWhatTheEngineDoes) {
  int declared = 0;
  for (const Line& line : ReadLines("ddl.jsonl")) {
    ParsedScript script = ParseScript(line.sql, line.id);
    bool accepted = script.errors.empty() && script.objects.size() == 1;
    EXPECT_EQ(accepted, line.expect == "accept" && Declares(line))
        << line.id << " " << line.feature << ": "
        << (script.errors.empty() ? "taken" : script.errors[0].Text());
    if (!accepted) {
      EXPECT_EQ(script.errors.size(), 1u) << line.id;
      continue;
    }
    ++declared;
    ExpectPrintedReadsBack(script.objects[0]);
  }
  EXPECT_GT(declared, 50);
}

TEST(SchemaCorpus, ReadsWhatTheEnginePrints) {
  int read = 0;
  for (const Line& line : ReadLines("show_create.jsonl")) {
    if (line.show_create.empty() || line.show_create.starts_with("CREATE EXTERNAL") ||
        line.show_create.starts_with("CREATE TEMPORARY")) {
      continue;
    }
    SCOPED_TRACE(line.id);
    ExpectPrintedReadsBack(One(line.show_create, line.id));
    ++read;
  }
  EXPECT_GT(read, 70);
}

// Names, types, aggregates and generated columns need no defaults to be equal.
TEST(SchemaCorpus, ColumnsAreThoseDeclared) {
  int compared = 0;
  for (const Line& line : ReadLines("show_create.jsonl")) {
    if (line.kind != "create table" || !line.show_create.starts_with("CREATE TABLE")) continue;
    ParsedScript written = ParseScript(line.ddl, line.id);
    if (!written.errors.empty()) continue;  // LIKE, CTAS
    const auto& declared = std::get<Table>(written.objects.at(0).definition);
    Object object = One(line.show_create, line.id);
    const auto& printed = std::get<Table>(object.definition);
    ASSERT_EQ(declared.columns.size(), printed.columns.size()) << line.id;
    for (size_t i = 0; i < declared.columns.size(); ++i) {
      const Column& ours = declared.columns[i];
      const Column& theirs = printed.columns[i];
      EXPECT_EQ(ours.name, theirs.name) << line.id;
      EXPECT_TRUE(ours.type == theirs.type)
          << line.id << ": " << PrintColumn(ours) << " and " << PrintColumn(theirs);
      EXPECT_EQ(ours.comment, theirs.comment) << line.id;
      EXPECT_EQ(ours.auto_increment, theirs.auto_increment) << line.id;
      EXPECT_EQ(ours.generated.has_value(), theirs.generated.has_value()) << line.id;
    }
    ++compared;
  }
  EXPECT_GT(compared, 35);
}

}  // namespace
}  // namespace stateserver::schema
