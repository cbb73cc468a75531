// SPDX-License-Identifier: Apache-2.0
#include "common/nearest_word.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace stateserver {
namespace {

TEST(NearestWord, EditsAreInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", ""), 0U);
  EXPECT_EQ(EditDistance("host", "hosts"), 1U);
  EXPECT_EQ(EditDistance("hots", "host"), 1U);
  EXPECT_EQ(EditDistance("HOST", "host"), 0U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
}

TEST(NearestWord, OnlyWordsThatAreCloseEnough) {
  const std::vector<std::string> words = {"compression", "replication_num", "gin", "bitmap"};
  EXPECT_EQ(NearestWord("compresion", words), "compression");
  EXPECT_EQ(NearestWord("REPLICATON_NUN", words), "replication_num");
  EXPECT_EQ(NearestWord("gim", words), "gin");
  EXPECT_EQ(NearestWord("gxm", words), "");
  EXPECT_EQ(NearestWord("colour", words), "");
  EXPECT_EQ(NearestWord(std::string(100, 'a'), std::vector<std::string>{std::string(99, 'a')}), "");
  EXPECT_EQ(NearestWord("abcde", std::set<std::string>{"abcdf", "abcdg"}), "abcdf");
}

}  // namespace
}  // namespace stateserver
