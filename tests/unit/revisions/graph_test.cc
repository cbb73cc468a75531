// SPDX-License-Identifier: Apache-2.0

#include "revisions/graph.h"

#include <gtest/gtest.h>

#include "common/error.h"
#include "revisions/words.h"

namespace stateserver::revisions {
namespace {

Revision Make(std::string id, std::vector<std::string> down, std::vector<std::string> needs = {},
              std::vector<std::string> labels = {}) {
  Revision revision;
  revision.id = id;
  revision.file = id + ".sql";
  revision.down = std::move(down);
  revision.depends_on = std::move(needs);
  revision.branches = std::move(labels);
  return revision;
}

std::string Ids(const absl::StatusOr<Path>& path) {
  if (!path.ok()) return std::string(path.status().message());
  std::string out;
  for (const Revision* one : *path) out += (out.empty() ? "" : " ") + one->id;
  return out;
}

// a1 - b2 - c3 - f6 (merge)
//         \ d4 /
// e5 (label side), which d4 needs
std::vector<Revision> Diamond() {
  return {Make("f6", {"c3", "d4"}), Make("c3", {"b2"}),         Make("b2", {"a1"}),
          Make("a1", {}),           Make("d4", {"b2"}, {"e5"}), Make("e5", {}, {}, {"side"})};
}

TEST(GraphTest, OneHeadAfterAMerge) {
  Graph graph = *Graph::Make(Diamond());
  EXPECT_EQ(graph.Heads(), revisions::Ids{"f6"});
  EXPECT_EQ(Ids(graph.UpgradePath({}, "head")), "a1 b2 c3 e5 d4 f6");
  EXPECT_EQ(Ids(graph.UpgradePath({"b2"}, "head")), "c3 e5 d4 f6");
  EXPECT_EQ(Ids(graph.UpgradePath({"b2"}, "d4")), "e5 d4");
  EXPECT_EQ(Ids(graph.UpgradePath({"f6"}, "head")), "");
}

TEST(GraphTest, WordsForRevisions) {
  Graph graph = *Graph::Make({Make("abc1", {}), Make("abd2", {"abc1"}), Make("x3", {}, {}, {"l"})});
  EXPECT_EQ((*graph.Find("abc"))->id, "abc1");
  EXPECT_EQ((*graph.Find("l"))->id, "x3");
  EXPECT_EQ((*graph.Find("l@head"))->id, "x3");
  EXPECT_EQ(graph.Find("ab").status().message(), "'ab' may be abc1, abd2.");
  EXPECT_EQ(graph.Find("zz").status().message(), "No revision named 'zz'.");
  EXPECT_EQ(graph.Find("head").status().message(), "There are 2 heads: abd2, x3.");
  EXPECT_EQ(graph.Find("no@head").status().message(), "No revision has the branch label 'no'.");
  EXPECT_EQ(Ids(graph.UpgradePath({}, "heads")), "abc1 abd2 x3");
}

TEST(GraphTest, StepsAhead) {
  Graph graph = *Graph::Make(Diamond());
  EXPECT_EQ(Ids(graph.UpgradePath({"a1"}, "+1")), "+1 may go to b2 or to e5.");
  Graph line = *Graph::Make({Make("a", {}), Make("b", {"a"}), Make("c", {"b"})});
  EXPECT_EQ(Ids(line.UpgradePath({}, "+2")), "a b");
  EXPECT_EQ(Ids(line.UpgradePath({"b"}, "+2")), "There are only 1 revisions ahead.");
  EXPECT_EQ(Ids(line.UpgradePath({"b"}, "a")), "Revision 'a' is behind what is applied (b).");
  EXPECT_EQ(Ids(line.UpgradePath({"b"}, "+x")), "No revision named '+x'.");
}

TEST(GraphTest, StepsBack) {
  Graph graph = *Graph::Make(Diamond());
  EXPECT_EQ(Ids(graph.DowngradePath({"f6"}, "-1")), "f6");
  EXPECT_EQ(Ids(graph.DowngradePath({"f6"}, "b2")), "f6 d4 c3");
  EXPECT_EQ(Ids(graph.DowngradePath({"f6"}, "-2")), "-2 may begin at c3, d4.");
  EXPECT_EQ(Ids(graph.DowngradePath({"f6"}, "base")), "f6 d4 e5 c3 b2 a1");
  EXPECT_EQ(Ids(graph.DowngradePath({"a1"}, "-2")), "There are only 1 revisions to undo.");
  EXPECT_EQ(Ids(graph.DowngradePath({"a1"}, "c3")), "Revision 'c3' is not applied.");
}

TEST(GraphTest, HeadsAfterARevision) {
  Graph graph = *Graph::Make(Diamond());
  EXPECT_EQ(*graph.After({}, *graph.Get("e5"), true), revisions::Ids{"e5"});
  // A dependency is implied by what depends on it.
  EXPECT_EQ(*graph.After({"b2", "e5"}, *graph.Get("d4"), true), revisions::Ids{"d4"});
  EXPECT_EQ(*graph.After({"d4"}, *graph.Get("d4"), false), (revisions::Ids{"b2", "e5"}));
  EXPECT_EQ(*graph.After({"f6"}, *graph.Get("f6"), false), (revisions::Ids{"c3", "d4"}));
}

TEST(GraphTest, Ranges) {
  Graph graph = *Graph::Make({Make("a", {}), Make("b", {"a"}), Make("c", {"b"})});
  EXPECT_EQ(Ids(graph.UpgradeRange("a:head")->path), "b c");
  EXPECT_EQ(Ids(graph.UpgradeRange("head")->path), "a b c");
  EXPECT_EQ(Ids(graph.UpgradeRange("base:b")->path), "a b");
  EXPECT_EQ(Ids(graph.DowngradeRange("c:a")->path), "c b");
  EXPECT_EQ(graph.DowngradeRange("base").status().message(),
            "A downgrade as SQL needs a revision to start from.");
}

TEST(GraphTest, FilesThatDoNotFitTogether) {
  EXPECT_EQ(Graph::Make({Make("a", {}), Make("a", {})}).status().message(),
            "a.sql: revision 'a' is in a.sql, too");
  EXPECT_EQ(Graph::Make({Make("b", {"a"})}).status().message(),
            "b.sql: follows a, which is in no file");
  EXPECT_EQ(Graph::Make({Make("b", {}, {"a"})}).status().message(),
            "b.sql: follows a, which is in no file");
  EXPECT_EQ(Graph::Make({Make("a", {"c"}), Make("b", {"a"}), Make("c", {"b"}), Make("d", {"c"})})
                .status()
                .message(),
            "a.sql: revisions follow each other in a cycle: a <- c <- b <- a");
  EXPECT_EQ(Graph::Make({Make("a", {}, {}, {"l"}), Make("b", {}, {}, {"l"})}).status().message(),
            "b.sql: the branch label 'l' is that of a, too");
}

TEST(GraphTest, AnAppliedRevisionWithoutItsFile) {
  Graph graph = *Graph::Make({Make("a", {})});
  absl::Status status = graph.UpgradePath({"gone"}, "head").status();
  EXPECT_EQ(ReasonOf(status), Reason::REVISION_NOT_FOUND);
  EXPECT_EQ(status.message(), "No revision file has the id 'gone'.");
}

// Files of a folder that somebody filled by a program: nothing is gone over once for each of them.
TEST(GraphTest, ThousandsOfRevisions) {
  constexpr int kMany = 20'000;
  auto id = [](int i) { return "r" + std::to_string(kMany + i); };
  std::vector<Revision> chain, siblings = {Make("base", {}, {}, {"side"})};
  for (int i = 0; i < kMany; ++i) {
    // The later ones were made first.
    std::string created = std::to_string(2 * kMany - i);
    chain.push_back(Make(id(i), i == 0 ? std::vector<std::string>() : std::vector{id(i - 1)}));
    chain.back().created = created;
    siblings.push_back(Make(id(i), {"base"}));
  }
  Graph graph = *Graph::Make(chain);
  EXPECT_EQ(graph.Heads(), revisions::Ids{id(kMany - 1)});
  EXPECT_EQ(graph.UpgradePath({}, "head")->size(), size_t{kMany});
  EXPECT_EQ(graph.UpgradePath({}, "+5000")->back()->id, id(4999));
  EXPECT_EQ(graph.DowngradePath({id(kMany - 1)}, id(9))->size(), size_t{kMany - 10});
  Graph wide = *Graph::Make(siblings);
  EXPECT_EQ(wide.Heads().size(), size_t{kMany});
  std::string message(wide.Find("side@head").status().message());
  EXPECT_TRUE(message.starts_with("There are 20000 heads: r20000, r20001, ")) << message;
  EXPECT_LT(message.size(), 1000u);
  for (Revision& one : chain) one.down = {one.id == id(0) ? id(kMany - 1) : one.down[0]};
  absl::Status ring = Graph::Make(chain).status();
  EXPECT_EQ(ReasonOf(ring), Reason::REVISION_INVALID);
  EXPECT_LT(ring.message().size(), 1000u);
}

TEST(GraphTest, RoundsOfTheSort) {
  // What a round has passed waits for the next one.
  std::vector<Revision> all = {Make("a", {"b"}), Make("b", {}), Make("c", {}), Make("d", {"c"})};
  for (size_t i = 0; i < all.size(); ++i) all[i].created = std::to_string(i);
  EXPECT_EQ(Ids(Graph::Make(all)->UpgradePath({}, "heads")), "b c d a");
}

}  // namespace
}  // namespace stateserver::revisions
