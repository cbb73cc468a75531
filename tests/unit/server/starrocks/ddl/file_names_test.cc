// SPDX-License-Identifier: Apache-2.0
//
// Names of the files that a schema becomes; stateclient writes no others.
#include <gtest/gtest.h>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/generate/sql.h"

namespace stateserver::schema {
namespace {

TEST(FileNamesTest, ArePlain) {
  ParsedScript script = ParseScript(
      "CREATE TABLE `a.b-c` (x INT); CREATE TABLE `../x` (x INT); CREATE TABLE `-rf` (x INT);"
      "CREATE TABLE `.h` (x INT); CREATE TABLE T (x INT); CREATE TABLE t (x INT)",
      "t.sql");
  ASSERT_TRUE(script.errors.empty()) << script.errors[0].Text();
  std::vector<const Object*> objects;
  for (const Object& object : script.objects) objects.push_back(&object);
  std::vector<std::string> names;
  for (const GeneratedFile& file : GenerateSqlFiles(objects)) names.push_back(file.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a.b-c.sql", "%2E.%2Fx.sql", "%2Drf.sql", "%2Eh.sql",
                                             "T.sql", "t~2.sql"}));
}

}  // namespace
}  // namespace stateserver::schema
