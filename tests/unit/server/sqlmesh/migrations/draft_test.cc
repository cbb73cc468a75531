// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/draft.h"

#include <gtest/gtest.h>

namespace stateserver::migrations {
namespace {

std::string Written(const Draft& draft, bool spaced = false) {
  std::string out;
  draft.Write(spaced, &out);
  return out;
}

TEST(Draft, UntouchedTextStays) {
  std::string text = "{ \"a\" : [1, 2 ,{}],\"b\":\"x\\\"}\" }";
  Draft draft(text);
  EXPECT_EQ(draft.members().size(), 2u);
  EXPECT_EQ(draft.Find("a")->items().size(), 3u);
  EXPECT_EQ(draft.Find("b")->Text(), "x\"}");
  EXPECT_FALSE(draft.Changed());
  EXPECT_EQ(Written(draft), text);
}

TEST(Draft, ChangesKeepTheOrderOfKeys) {
  Draft draft("{\"a\":{\"x\":1},\"b\":2,\"c\":[ 1 ]}");
  draft.SetText("b", "ä");
  draft.Find("a")->Set("y", "null");
  EXPECT_EQ(Written(draft), "{\"a\":{\"x\":1,\"y\":null},\"b\":\"\\u00e4\",\"c\":[ 1 ]}");
  EXPECT_EQ(Written(draft, true),
            "{\"a\": {\"x\": 1, \"y\": null}, \"b\": \"\\u00e4\", \"c\": [ 1 ]}");
  EXPECT_TRUE(draft.Remove("a"));
  EXPECT_FALSE(draft.Remove("a"));
  EXPECT_EQ(Written(draft), "{\"b\":\"\\u00e4\",\"c\":[ 1 ]}");
}

TEST(Draft, TheLastOfEqualKeysCountsAtThePlaceOfTheFirst) {
  Draft draft("{\"a\":1,\"b\":2,\"\\u0061\":3}");
  EXPECT_EQ(draft.Find("a")->raw(), "3");
  draft.Set("b", "4");
  EXPECT_EQ(Written(draft), "{\"a\":3,\"b\":4}");
}

TEST(Draft, TruthIsPythons) {
  for (const char* text : {"null", "false", "0", "-0.0", "0e5", "\"\"", "[]", "{ }"}) {
    EXPECT_FALSE(Draft(text).Truthy()) << text;
  }
  for (const char* text : {"true", "1", "0.5", "\" \"", "[0]", "{\"a\":null}"}) {
    EXPECT_TRUE(Draft(text).Truthy()) << text;
  }
}

TEST(Draft, WhatItBecameCanBeOpenedAgain) {
  Draft draft("[1]");
  draft.Become("{\"a\":1}");
  draft.Set("b", "2");
  EXPECT_EQ(Written(draft, true), "{\"a\": 1, \"b\": 2}");
}

TEST(Draft, SpacingIsSeen) {
  EXPECT_TRUE(IsSpaced("{\"a:b,c\": 1}"));
  EXPECT_FALSE(IsSpaced("{\"a: b\":1, \"c\":2}"));
  EXPECT_FALSE(IsSpaced("{}"));
}

}  // namespace
}  // namespace stateserver::migrations
