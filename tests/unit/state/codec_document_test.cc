// Reading the JSON of a column.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/error.h"
#include "server/state/codec/document.h"

namespace stateserver::state {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace stateserver::state
