// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http2_bytes.h"
#include "server/rpc/transport/traffic.h"

namespace stateserver::transport {
namespace {

using testing::ElementsAre;

std::vector<std::string> Read(const std::string& bytes, size_t piece) {
  FrameReader reader;
  std::vector<std::string> seen;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.Read(std::string_view(bytes).substr(at, piece), [&](const Frame& frame) {
      seen.push_back(std::to_string(static_cast<int>(frame.type)) + "/" +
                     std::to_string(frame.flags) + "/" + std::to_string(frame.stream) + "/" +
                     std::to_string(frame.length) + "/" + std::to_string(frame.error_code));
    });
  }
  EXPECT_TRUE(reader.at_boundary());
  return seen;
}

TEST(FrameReader, FindsFramesHoweverTheBytesAreCut) {
  std::string bytes = FrameBytes(FrameType::kHeaders, kFlagEndHeaders, 1, std::string(300, 'h')) +
                      FrameBytes(FrameType::kData, kFlagEndStream, 1, "abc") +
                      FrameBytes(FrameType::kSettings, 0, 0, "") + ResetBytes(3, 8);
  for (size_t piece : {1u, 2u, 3u, 8u, 9u, 10u, 13u, 100u, 1000u}) {
    EXPECT_THAT(Read(bytes, piece),
                ElementsAre("1/4/1/300/0", "0/1/1/3/0", "4/0/0/0/0", "3/0/3/4/8"))
        << piece;
  }
}

TEST(FrameReader, IgnoresTheReservedBitOfTheStream) {
  std::string bytes = FrameBytes(FrameType::kPing, 0, 0x80000005, std::string(8, 'p'));
  EXPECT_THAT(Read(bytes, 4), ElementsAre("6/0/5/8/0"));
}

TEST(FrameReader, TakesAResetOfAnotherLengthForAnyFrame) {
  EXPECT_THAT(Read(FrameBytes(FrameType::kResetStream, 0, 7, "12345"), 2),
              ElementsAre("3/0/7/5/0"));
}

TEST(FrameReader, IsAtNoBoundaryWithinAFrame) {
  FrameReader reader;
  std::string bytes = FrameBytes(FrameType::kData, 0, 1, "abc");
  for (size_t length = 1; length < bytes.size(); ++length) {
    reader = FrameReader();
    reader.Read(std::string_view(bytes).substr(0, length), [](const Frame&) {});
    EXPECT_FALSE(reader.at_boundary()) << length;
  }
}

}  // namespace
}  // namespace stateserver::transport
