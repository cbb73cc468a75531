// SPDX-License-Identifier: Apache-2.0
//
// Every declaration that a real engine accepted, and what it then prints, are read, and what is
// printed of them reads back as the same object.
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/script.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::schema {
namespace {

using testing::DeclaredCase;

// Returns the number of objects in the text.
int ExpectReadsBack(const std::string& text, const std::string& what, bool by_engine) {
  ParsedScript script =
      by_engine ? ParsePrinted(text, what, "db1") : ParseScript(text, what, "db1");
  for (const ParseError& error : script.errors) {
    ADD_FAILURE() << error.Text() << "\n" << text;
  }
  for (const Object& object : script.objects) {
    std::string printed = Print(object);
    ParsedScript again = ParseScript(printed, what, "db1");
    if (!again.errors.empty() || again.objects.size() != 1) {
      ADD_FAILURE() << what << (again.errors.empty() ? "" : again.errors[0].Text()) << "\n"
                    << printed;
      continue;
    }
    // The engine prints the counter of a binlog, and accepts it in no statement.
    Object wanted = object;
    if (auto* table = std::get_if<Table>(&wanted.definition)) {
      table->properties.erase("binlog_version");
    }
    EXPECT_TRUE(again.objects[0].definition == wanted.definition) << what << "\n" << printed;
    EXPECT_EQ(Print(again.objects[0]), printed) << what;
  }
  return static_cast<int>(script.objects.size());
}

TEST(EngineCases, EveryDeclarationIsReadAndReadsBack) {
  int objects = 0;
  for (const DeclaredCase& one : testing::ReadDeclaredCases()) {
    objects += ExpectReadsBack(one.declared, one.id, /*by_engine=*/false);
  }
  EXPECT_GT(objects, 700);
}

TEST(EngineCases, EverythingPrintedIsReadAndReadsBack) {
  int objects = 0;
  for (const DeclaredCase& one : testing::ReadDeclaredCases()) {
    for (const auto& [name, printed] : one.shown) {
      objects += ExpectReadsBack(printed, one.id + " " + name, /*by_engine=*/true);
    }
  }
  EXPECT_GT(objects, 700);
}

}  // namespace
}  // namespace stateserver::schema
