// SPDX-License-Identifier: Apache-2.0
//
// How a live schema differs from what revisions leave.
#include "server/starrocks/revisions/run/expected_objects.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stateserver::revisions {
namespace {

constexpr char kT[] =
    "CREATE TABLE `t` (`id` BIGINT NOT NULL, `a` VARCHAR(10)) DUPLICATE KEY(`id`)";

SqlStep Step(std::string statement, std::string object = "", std::string after = "") {
  SqlStep step;
  step.statement = std::move(statement);
  step.notes.object = std::move(object);
  step.notes.after = std::move(after);
  return step;
}

Revision With(std::string id, std::vector<SqlStep> steps) {
  Revision revision;
  revision.id = std::move(id);
  revision.upgrade = std::move(steps);
  return revision;
}

std::string Text(const std::vector<Revision>& revisions,
                 const std::map<std::string, LiveObjectState>& live) {
  ExpectedObjects expected;
  for (const Revision& revision : revisions) expected.Add(revision);
  std::string text;
  for (const std::string& one : expected.Differences(live, {}, "db")) text += one + "\n";
  return text;
}

TEST(ExpectedObjects, ACreatedObjectIsComparedWithItsDeclaration) {
  Revision made = With("r1", {Step(kT, "t")});
  EXPECT_EQ(Text({made}, {{"t", {"d1", kT}}}), "");
  EXPECT_EQ(Text({made}, {{"t",
                           {"d1",
                            "CREATE TABLE `t` (`id` BIGINT NOT NULL, `a` VARCHAR(5), `b` INT) "
                            "DUPLICATE KEY(`id`)"}}})
                .substr(0, 13),
            "'t' differs (");
  EXPECT_EQ(Text({made}, {}), "'t' does not exist, unlike after revision 'r1'\n");
  EXPECT_EQ(Text({made}, {{"t", {"unreadable", ""}}}),
            "'t' differs (it cannot be read) from revision 'r1'\n");
}

TEST(ExpectedObjects, AChangedObjectIsComparedWithItsDigest) {
  std::vector<Revision> revisions = {
      With("r1", {Step(kT, "t")}),
      With("r2", {Step("ALTER TABLE `t` ADD COLUMN `b` INT", "t", "abc")})};
  EXPECT_EQ(Text(revisions, {{"t", {"abc", kT}}}), "");
  EXPECT_EQ(Text(revisions, {{"t", {"def", kT}}}),
            "'t' has the digest def, and abc after revision 'r2'\n");
  // A statement without a prediction leaves it open.
  revisions.push_back(With("r3", {Step("ALTER TABLE t ADD COLUMN c INT")}));
  EXPECT_EQ(Text(revisions, {{"t", {"def", kT}}}), "");
}

TEST(ExpectedObjects, AViewIsComparedWithTheTablesThatItReads) {
  std::vector<Revision> made = {
      With("r1", {Step(kT, "t"), Step("CREATE VIEW `v` AS SELECT * FROM t", "v")})};
  const std::string shown = "SELECT `db`.`t`.`id`, `db`.`t`.`a`\nFROM `db`.`t`";
  EXPECT_EQ(Text(made, {{"t", {"d1", kT}}, {"v", {"d2", "CREATE VIEW `v` AS " + shown}}}), "");
  const std::string other = "CREATE VIEW `v` AS SELECT `db`.`t`.`id`\nFROM `db`.`t`";
  EXPECT_EQ(Text(made, {{"t", {"d1", kT}}, {"v", {"d2", other}}}).substr(0, 13), "'v' differs (");
}

TEST(ExpectedObjects, RecordedQueriesAreEqual) {
  const std::string query = "SELECT * FROM elsewhere.t",
                    shown = "SELECT `elsewhere`.`t`.`x` AS `x`";
  ExpectedObjects expected;
  expected.Add(With("r1", {Step("CREATE VIEW `v` AS " + query, "v")}));
  const std::map<std::string, LiveObjectState> live = {{"v", {"d", "CREATE VIEW `v` AS " + shown}}};
  EXPECT_EQ(expected.Differences(live, {}, "db").size(), 1);
  schema::query::RecordedQueries recorded = {
      {schema::query::LiveDigest(shown), schema::query::DeclaredDigest(query, "db", nullptr)}};
  EXPECT_EQ(expected.Differences(live, {}, "db", recorded).size(), 0);
}

TEST(ExpectedObjects, ADroppedOrRenamedObjectDoesNotExist) {
  Revision made = With("r1", {Step(kT, "t")});
  EXPECT_EQ(Text({made, With("r2", {Step("DROP TABLE `t`", "t", "-")})}, {{"t", {"d", kT}}}),
            "'t' exists, and is dropped by revision 'r2'\n");
  EXPECT_EQ(Text({made, With("r2", {Step("ALTER TABLE `t` RENAME `u`", "u")})}, {{"u", {"d", kT}}}),
            "");
  EXPECT_EQ(Text({made, With("r2", {Step("DROP TABLE `t`", "t", "-")})}, {}), "");
}

}  // namespace
}  // namespace stateserver::revisions
