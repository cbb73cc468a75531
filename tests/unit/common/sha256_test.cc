// SPDX-License-Identifier: Apache-2.0

#include "common/sha256.h"

#include <gtest/gtest.h>

namespace stateserver {
namespace {

constexpr char kEmpty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256Test, KnownDigests) {
  EXPECT_EQ(Sha256::Hex(""), kEmpty);
  EXPECT_EQ(Sha256::Hex("abc"), kAbc);
}

TEST(Sha256Test, PiecesGiveTheDigestOfTheWhole) {
  Sha256 digest;
  digest.Update("a");
  digest.Update("");
  digest.Update("bc");
  EXPECT_EQ(digest.FinishHex(), kAbc);
}

TEST(Sha256Test, StartsOverAfterFinish) {
  Sha256 digest;
  digest.Update("something else");
  digest.FinishHex();
  digest.Update("abc");
  EXPECT_EQ(digest.FinishHex(), kAbc);
  EXPECT_EQ(digest.FinishHex(), kEmpty);
}

TEST(Sha256Test, RawIsTheSameDigest) {
  Sha256 digest;
  digest.Update("abc");
  EXPECT_EQ(ToHex(digest.FinishRaw()), kAbc);
}

TEST(Sha256Test, ToHexKeepsLeadingZerosAndHighBytes) {
  EXPECT_EQ(ToHex(std::string_view("\x00\x0f\xff", 3)), "000fff");
}

}  // namespace
}  // namespace stateserver
