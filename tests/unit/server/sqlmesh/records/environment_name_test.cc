// SPDX-License-Identifier: Apache-2.0
//
// tests/compat/test_environment_names.py asks SQLMesh itself about names of every script.
#include "server/sqlmesh/records/environment_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/sqlmesh/records/environment_codec.h"

namespace stateserver::state {
namespace {

struct SpelledName {
  std::string_view typed, stored;
};

TEST(EnvironmentNameTest, IsSqlmeshs) {
  const std::vector<SpelledName> cases = {
      {"prod", "prod"},
      {"Dev_Sel", "dev_sel"},
      {"Feature/Ünï-1", "feature_ünï_1"},
      {"a b\tc\nd.e:f", "a_b_c_d_e_f"},
      {"", ""},
      {"__", "__"},
      {"ÀÉÎÕÜ", "àéîõü"},
      {"ПРОД", "прод"},
      {"環境・一", "環境_一"},
      {"dev🚀", "dev_"},
      {"٣½²ⅷⅧ", "٣½²ⅷⅷ"},
      // Marks are not part of words: 'e' and U+0301, and the dot of a small İ.
      {"e\u0301", "e_"},
      {"İ", "i\u0307"},
      {"ẞ", "ß"},
      {"ǅǄ", "ǆǆ"},
      {"𐐀𐐨", "𐐨𐐨"},
      // Sigma at the end of a word.
      {"ΣΑΣ", "σας"},
      {"ΑΣ-ΑΣ1Α", "ας_ας1α"},
      {"ΑΣʰ", "αςʰ"},
      {"ΑΣʰΑ", "ασʰα"},
      {"Σ", "σ"},
      {"_Σ", "_σ"},
  };
  for (const SpelledName& one : cases) EXPECT_EQ(SanitizedEnvironmentName(one.typed), one.stored);
}

TEST(EnvironmentNameTest, BytesThatAreNoTextBecomeUnderscores) {
  EXPECT_EQ(SanitizedEnvironmentName("a\xff\xc3"), "a__");
  EXPECT_EQ(SanitizedEnvironmentName("\xed\xa0\x80"), "___") << "a surrogate";
  EXPECT_EQ(SanitizedEnvironmentName(std::string_view("a\0b", 3)), "a_b");
}

TEST(EnvironmentNameTest, NamesInAFileAreStoredLikeIt) {
  EnvironmentCodec codec;
  auto decoded = codec.Decode("Feature/Ünï-1", R"({"environment":{"name":"Feature/Ünï-1",)"
                                               R"("start_at":"2026-01-01","plan_id":"p",)"
                                               R"("snapshots":[]},"statements":[]})");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->row.name, "feature_ünï_1");
}

}  // namespace
}  // namespace stateserver::state
