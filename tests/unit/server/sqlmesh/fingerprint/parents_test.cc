// SPDX-License-Identifier: Apache-2.0
//
// What a fingerprint takes from the parents, and from which of them.
#include "server/sqlmesh/fingerprint/parents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace stateserver::fingerprint {
namespace {

using state::Fingerprint;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Fingerprint kA = {"1", "2", "0", "0"};
constexpr Fingerprint kB = {"3", "4", "0", "0"};
constexpr Fingerprint kC = {"5", "6", "7", "8"};

// The fingerprint of a node with these direct parents. Views of static texts.
class Stored {
 public:
  explicit Stored(const std::vector<Fingerprint>& direct)
      : data_(ParentDataHash(direct)), metadata_(ParentMetadataHash(direct)) {}
  Fingerprint fingerprint() const { return {"9", "9", data_, metadata_}; }

 private:
  std::string data_;
  std::string metadata_;
};

TEST(ParentHashes, OfNoParentsAreZero) {
  EXPECT_EQ(ParentDataHash({}), "0");
  EXPECT_EQ(ParentMetadataHash({}), "0");
}

TEST(ParentHashes, DoNotDependOnTheOrder) {
  std::vector<Fingerprint> one = {kA, kB, kC}, other = {kC, kA, kB};
  EXPECT_EQ(ParentDataHash(one), ParentDataHash(other));
  EXPECT_EQ(ParentMetadataHash(one), ParentMetadataHash(other));
}

TEST(ParentHashes, DataHashIgnoresMetadata) {
  std::vector<Fingerprint> one = {kA}, other = {{"1", "77", "0", "0"}};
  EXPECT_EQ(ParentDataHash(one), ParentDataHash(other));
  EXPECT_NE(ParentMetadataHash(one), ParentMetadataHash(other));
}

TEST(DirectParents, AreAllWithoutEmbeddedOnes) {
  std::vector<StoredParent> parents = {{"a", kA, false, {}}, {"b", kB, false, {"a"}}};
  DirectAnswer answer = DirectParents(Stored({kA, kB}).fingerprint(), parents);
  ASSERT_TRUE(answer.supported) << answer.unsupported;
  EXPECT_THAT(answer.direct, ElementsAre(0, 1));
}

TEST(DirectParents, LeaveOutWhatAnEmbeddedOneBrings) {
  std::vector<StoredParent> parents = {{"a", kA, false, {}}, {"e", kB, true, {"a"}}};
  DirectAnswer answer = DirectParents(Stored({kB}).fingerprint(), parents);
  ASSERT_TRUE(answer.supported) << answer.unsupported;
  EXPECT_THAT(answer.direct, ElementsAre(1));
}

TEST(DirectParents, KeepWhatIsAlsoNamedByTheNode) {
  std::vector<StoredParent> parents = {
      {"a", kA, false, {}}, {"c", kC, false, {}}, {"e", kB, true, {"a", "c"}}};
  DirectAnswer answer = DirectParents(Stored({kB, kC}).fingerprint(), parents);
  ASSERT_TRUE(answer.supported) << answer.unsupported;
  EXPECT_THAT(answer.direct, ElementsAre(1, 2));
}

TEST(DirectParents, OfAHashThatNoSetGivesAreNotGuessed) {
  std::vector<StoredParent> parents = {{"a", kA, false, {}}, {"e", kB, true, {"a"}}};
  DirectAnswer answer = DirectParents(Stored({kC}).fingerprint(), parents);
  EXPECT_FALSE(answer.supported);
  EXPECT_THAT(answer.unsupported, HasSubstr("no set"));
}

// Two parents that are the same but for their names.
TEST(DirectParents, OfTwinsNeedTheMapping) {
  std::vector<StoredParent> parents = {
      {"a", kA, false, {}}, {"twin", kA, false, {}}, {"e", kB, true, {"a", "twin"}}};
  Stored stored({kA, kB});
  DirectAnswer answer = DirectParents(stored.fingerprint(), parents);
  EXPECT_FALSE(answer.supported);
  EXPECT_THAT(answer.unsupported, HasSubstr("several sets"));
  std::vector<std::string_view> mapped = {"twin"};
  answer = DirectParents(stored.fingerprint(), parents, mapped);
  ASSERT_TRUE(answer.supported) << answer.unsupported;
  EXPECT_THAT(answer.direct, ElementsAre(1, 2));
}

TEST(DirectParents, OfTooManyDoubtfulOnesAreNotTried) {
  StoredParent embedded{"e", kB, true, {}};
  std::vector<std::string> names;
  for (int i = 0; i < 15; ++i) names.push_back("p" + std::to_string(i));
  std::vector<StoredParent> parents;
  for (const std::string& name : names) {
    parents.push_back({name, kA, false, {}});
    embedded.parents.push_back(name);
  }
  parents.push_back(embedded);
  DirectAnswer answer = DirectParents(Stored({kB}).fingerprint(), parents);
  EXPECT_FALSE(answer.supported);
  EXPECT_THAT(answer.unsupported, HasSubstr("many"));
}

}  // namespace
}  // namespace stateserver::fingerprint
