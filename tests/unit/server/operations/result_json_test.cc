// SPDX-License-Identifier: Apache-2.0

#include "server/operations/result_json.h"

#include <gtest/gtest.h>

#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::operations {
namespace {

struct Inner {
  std::string name;
  int64_t count = 0;
  bool operator==(const Inner&) const = default;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("name", self.name);
    visit("count", self.count);
  }
};

struct Outer {
  bool done = false;
  int small = 0;
  std::optional<Inner> before, after;
  std::vector<Inner> list;
  std::vector<std::string> names;
  bool operator==(const Outer&) const = default;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("done", self.done);
    visit("small", self.small);
    visit("before", self.before);
    visit("after", self.after);
    visit("list", self.list);
    visit("names", self.names);
  }
};

TEST(ResultJson, ReadsWhatItWrote) {
  Outer outer;
  outer.done = true;
  outer.small = -7;
  outer.after = Inner{"a \"quoted\"\n name \xc3\xa4", int64_t{1} << 62};
  outer.list = {{"x", 1}, {"y", 2}};
  outer.names = {"one", "two"};
  std::string json = ResultToJson(outer);
  EXPECT_EQ(json.find("before"), std::string::npos);
  auto read = ResultFromJson<Outer>(json);
  ASSERT_OK(read.status());
  EXPECT_TRUE(*read == outer);
}

TEST(ResultJson, WritesEmptyMembers) {
  EXPECT_EQ(ResultToJson(Outer()), "{\"done\":false,\"small\":0,\"list\":[],\"names\":[]}");
}

TEST(ResultJson, ReadsRecordsOfOtherVersions) {
  auto read = ResultFromJson<Outer>(
      "{\"small\": \"12\", \"unknown\": {\"a\": []}, \"list\": [{\"count\": "
      "\"9007199254740993\"}]}");
  ASSERT_OK(read.status());
  EXPECT_EQ(read->small, 12);
  EXPECT_EQ(read->list[0].count, 9007199254740993);
  EXPECT_FALSE(read->done);
}

TEST(ResultJson, RefusesOtherTypes) {
  for (const char* json : {"", "[]", "{\"done\": 1}", "{\"small\": \"x\"}", "{\"list\": {}}",
                           "{\"names\": [1]}", "{\"after\": 3}"}) {
    EXPECT_REASON(INTERNAL, ResultFromJson<Outer>(json).status()) << json;
  }
}

}  // namespace
}  // namespace stateserver::operations
