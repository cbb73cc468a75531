// SPDX-License-Identifier: Apache-2.0
//
// Reading the JSON of a column.
#include "server/sqlmesh/records/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/depth.h"
#include "common/error.h"

namespace stateserver::state {
namespace {

using ::testing::HasSubstr;

absl::Status Parse(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  return ParseDocument(&parser, text, Reason::STATE_CORRUPT, "column snapshot", &root);
}

TEST(ParseDocument, SaysWhatIsWrong) {
  EXPECT_TRUE(Parse("{}").ok());
  for (std::string_view text : {"{", "\"abc", "{\"a\": 1e999999}"}) {
    absl::Status status = Parse(text);
    EXPECT_EQ(ReasonOf(status), Reason::STATE_CORRUPT) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("column snapshot ")) << text;
  }
}

// The text of a column that is NULL has no address.
TEST(ParseDocument, NothingIsNoDocument) {
  EXPECT_EQ(ReasonOf(Parse(std::string_view())), Reason::STATE_CORRUPT);
  EXPECT_EQ(ReasonOf(Parse("")), Reason::STATE_CORRUPT);
}

TEST(ParseDocument, DepthIsLimited) {
  auto nested = [](int levels) {
    return std::string(levels, '[') + "1" + std::string(levels, ']');
  };
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  auto parse = [&](const std::string& text) {
    return ParseDocument(&parser, text, Reason::RECORD_INVALID, "the record", &root);
  };
  EXPECT_TRUE(parse(nested(kMostDepth)).ok());
  for (int levels : {kMostDepth + 1, 60'000}) {
    absl::Status status = parse(nested(levels));
    EXPECT_EQ(ReasonOf(status), Reason::RECORD_INVALID);
    EXPECT_EQ(status.message(), "the record is nested deeper than 256 levels") << levels;
  }
  EXPECT_TRUE(parse("[" + std::string(1 << 20, ' ') + "]").ok()) << "it grows, and keeps its limit";
  EXPECT_FALSE(parse(nested(kMostDepth + 1)).ok());
}

}  // namespace
}  // namespace stateserver::state
