// SPDX-License-Identifier: Apache-2.0
//
// The texts Python's json.dumps(value, sort_keys=True) makes.
#include "server/sqlmesh/fingerprint/json_dumps.h"

#include <gtest/gtest.h>

#include <optional>

namespace stateserver::fingerprint {
namespace {

std::optional<std::string> Dumps(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  EXPECT_EQ(parser.parse(text).get(value), simdjson::SUCCESS) << text;
  std::string out;
  if (!AppendSortedJson(value, &out)) return std::nullopt;
  return out;
}

TEST(SortedJson, SortsKeysAtEveryDepth) {
  EXPECT_EQ(Dumps(R"({"b":1,"a":{"d":[],"c":{}}})"), R"({"a": {"c": {}, "d": []}, "b": 1})");
}

TEST(SortedJson, KeepsTheOrderOfLists) {
  EXPECT_EQ(Dumps(R"([3, -1, true, null, "x"])"), R"([3, -1, true, null, "x"])");
}

TEST(SortedJson, WritesAsciiWithSurrogates) {
  EXPECT_EQ(Dumps("\"\u00e9\U0001F600\\n\\\"\""), R"("\u00e9\ud83d\ude00\n\"")");
}

TEST(SortedJson, RefusesWhatPythonMaySpellOtherwise) {
  EXPECT_EQ(Dumps("1.0"), std::nullopt);
  EXPECT_EQ(Dumps(R"({"a":[1, 1e3]})"), std::nullopt);
}

}  // namespace
}  // namespace stateserver::fingerprint
