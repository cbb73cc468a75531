// SPDX-License-Identifier: Apache-2.0

#include "common/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "common/error.h"

namespace stateserver {
namespace {

constexpr char kUuid[] = "0f8b2c4e-1234-4abc-8def-0123456789ab";

template <typename T>
void ExpectRefused(const absl::StatusOr<T>& parsed) {
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(ReasonOf(parsed.status()), Reason::ARGUMENT_INVALID);
  EXPECT_EQ(MessageOf(parsed.status()), "The page token does not belong to this list.");
}

TEST(NumberToken, IsAWholeNumber) {
  EXPECT_EQ(*ParseNumberToken("", 7), 7);
  EXPECT_EQ(*ParseNumberToken("9223372036854775807", 0), INT64_MAX);
  for (const char* wrong : {" 1", "1 ", "+1", "1.0", "x", "9223372036854775808"}) {
    SCOPED_TRACE(wrong);
    ExpectRefused(ParseNumberToken(wrong, 0));
  }
}

TEST(TimeToken, IsATimeAndAnId) {
  EXPECT_EQ(ParseTimeToken("")->ts, "9223372036854775807");
  auto position = ParseTimeToken(TimeToken(1794096000000, kUuid));
  ASSERT_TRUE(position.ok());
  EXPECT_EQ(position->ts, "1794096000000");
  EXPECT_EQ(position->id, kUuid);
  for (const char* wrong : {"1", "1.", ".0f8b2c4e-1234-4abc-8def-0123456789ab", "1.x", "x.y"}) {
    SCOPED_TRACE(wrong);
    ExpectRefused(ParseTimeToken(wrong));
  }
}

TEST(KeyToken, BelongsToItsFilter) {
  // A filter may contain the separator.
  for (const char* filter : {"", "prod\x1e*",
                             "a\x1f"
                             "b"}) {
    auto position = ParseKeyToken(KeyToken({"\"db\".\"m\"", "123"}, filter), filter);
    ASSERT_TRUE(position.ok()) << filter;
    EXPECT_EQ(position->name, "\"db\".\"m\"");
    EXPECT_EQ(position->identifier, "123");
    ExpectRefused(ParseKeyToken(KeyToken({"m", "1"}, "another"), filter));
  }
  for (const char* wrong : {"?", "", "AA", "Hw"}) {
    SCOPED_TRACE(wrong);
    ExpectRefused(ParseKeyToken(wrong, ""));
  }
}

// PostgreSQL would refuse these with an error that looks like one of the server.
TEST(KeyToken, HoldsOnlyTextsThatPostgresqlStores) {
  for (absl::string_view raw : {absl::string_view("\x1f\xff\x1f"
                                                  "1"),
                                absl::string_view("\x1f"
                                                  "a\0b\x1f"
                                                  "1",
                                                  6)}) {
    ExpectRefused(ParseKeyToken(absl::WebSafeBase64Escape(raw), ""));
  }
}

}  // namespace
}  // namespace stateserver
