// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/surroundings.h"

#include <gtest/gtest.h>

#include "common/error.h"
#include "common/text.h"
#include "revisions/revision_file.h"
#include "server/starrocks/ddl/script.h"

namespace stateserver::revisions {
namespace {

schema::LiveSchema Parsed(const std::string& sql) {
  schema::LiveSchema live;
  live.database = "db";
  for (schema::Object& object : schema::ParseScript(sql, "live", "db").objects) {
    live.objects.push_back({std::move(object), std::nullopt, ""});
  }
  return live;
}

TEST(SurroundingsTest, RelationsOfQueriesAreNamed) {
  Revision revision = *ReadRevision(
      "a.sql", "-- revision: a\n-- +upgrade\nCREATE VIEW v AS SELECT id FROM w;\n-- +downgrade\n");
  EXPECT_EQ(NamesOf(revision.upgrade, "db"), (std::set<std::string>{"v", "w"}));
  EXPECT_EQ(ReadByViews(Parsed("CREATE VIEW w AS SELECT id FROM users;")),
            std::set<std::string>{"users"});
}

TEST(SurroundingsTest, OnlyTheFirstRoundReadsReaders) {
  std::vector<std::pair<std::set<std::string>, bool>> rounds;
  auto inspect = [&](const std::set<std::string>& names,
                     bool readers) -> absl::StatusOr<schema::LiveSchema> {
    rounds.emplace_back(names, readers);
    schema::LiveSchema live;
    if (readers) live = Parsed("CREATE VIEW v AS SELECT id FROM w, nothing;");
    if (names.contains("w")) live = Parsed("CREATE VIEW w AS SELECT id FROM v;");
    if (readers) live.unread.push_back({{"db", "many"}, "mv", "too many"});
    return live;
  };
  absl::StatusOr<Surroundings> around = InspectSurroundings({"t"}, "db", inspect);
  ASSERT_TRUE(around.ok());
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0], std::pair(std::set<std::string>{"t"}, true));
  EXPECT_EQ(rounds[1], std::pair(std::set<std::string>{"nothing", "w"}, false));
  EXPECT_EQ(around->looked_up, (std::set<std::string>{"nothing", "t", "v", "w"}));
  EXPECT_EQ(around->live.objects.size(), 2U);
  EXPECT_EQ(around->left_out, 1U);
}

TEST(SurroundingsTest, TheNumberOfRelationsIsBounded) {
  std::string from;
  for (size_t i = 0; i < kMostRelations + 5; ++i) {
    AppendTo(&from, i == 0 ? "" : ", ", "t", i);
  }
  size_t most = 0;
  auto inspect = [&](const std::set<std::string>& names,
                     bool) -> absl::StatusOr<schema::LiveSchema> {
    most = std::max(most, names.size());
    return Parsed(names.contains("v") ? Cat("CREATE VIEW v AS SELECT 1 FROM ", from, ";") : "");
  };
  absl::StatusOr<Surroundings> around = InspectSurroundings({"v"}, "db", inspect);
  ASSERT_TRUE(around.ok());
  EXPECT_EQ(most, kMostRelations);
  EXPECT_EQ(around->left_out, 5U);
}

}  // namespace
}  // namespace stateserver::revisions
