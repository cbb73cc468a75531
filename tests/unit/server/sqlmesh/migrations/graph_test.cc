// SPDX-License-Identifier: Apache-2.0
//
// The graph of a row migration: lookup, order, fingerprints, circles.
#include "server/sqlmesh/migrations/rows/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/error.h"
#include "server/sqlmesh/fingerprint/parents.h"
#include "server/sqlmesh/migrations/rows/fingerprints.h"

namespace stateserver::migrations {
namespace {

Node MakeNode(const std::string& name, std::vector<NodeIndex> parents = {}) {
  Node node;
  node.name = name;
  node.identifier = "1";
  node.exists = true;
  node.before = {name + "1", name + "2", "0", "0"};
  node.after = node.before;
  node.parents = std::move(parents);
  return node;
}

// Gives `before` the parents' hashes that follow from `direct`.
void Store(Graph& graph, NodeIndex node, const std::vector<NodeIndex>& direct) {
  std::vector<state::Fingerprint> fingerprints;
  for (NodeIndex parent : direct) fingerprints.push_back(graph[parent].before.View());
  graph[node].before.parent_data = fingerprint::ParentDataHash(fingerprints);
  graph[node].before.parent_metadata = fingerprint::ParentMetadataHash(fingerprints);
}

TEST(Graph, FindsByNameAndIdentifier) {
  Graph graph = {MakeNode("a"), MakeNode("b"), MakeNode("b"), MakeNode("c")};
  graph[2].identifier = "2";
  EXPECT_EQ(FindNode(graph, "b", "2"), 2u);
  EXPECT_EQ(FindNode(graph, "b", "3"), std::nullopt);
  EXPECT_EQ(FindNode(graph, "", ""), std::nullopt);
  EXPECT_EQ(FindNode({}, "a", "1"), std::nullopt);
}

TEST(Graph, ParentsComeFirst) {
  Graph graph = {MakeNode("a", {2, 3}), MakeNode("b", {0}), MakeNode("c"), MakeNode("d", {2})};
  auto order = ParentsFirst(graph);
  ASSERT_TRUE(order.ok());
  ASSERT_EQ(order->size(), graph.size());
  auto place = [&](NodeIndex node) { return std::find(order->begin(), order->end(), node); };
  for (NodeIndex node = 0; node < graph.size(); ++node) {
    for (NodeIndex parent : graph[node].parents) EXPECT_LT(place(parent), place(node));
  }
}

TEST(Graph, ACircleIsNamed) {
  Graph graph = {MakeNode("a", {1}), MakeNode("b", {2}), MakeNode("c", {1}), MakeNode("d")};
  auto order = ParentsFirst(graph);
  EXPECT_EQ(ReasonOf(order.status()), Reason::STATE_CORRUPT);
  std::string message(order.status().message());
  EXPECT_NE(message.find("b (1)"), message.npos) << message;
  EXPECT_NE(message.find("c (1)"), message.npos) << message;
  EXPECT_EQ(message.find("a (1)"), message.npos) << message;
}

TEST(Fingerprints, FollowFromTheParentsNewOnes) {
  Graph graph = {MakeNode("a"), MakeNode("b", {0}), MakeNode("c", {1})};
  Store(graph, 1, {0});
  Store(graph, 2, {1});
  for (Node& node : graph) node.after = node.before;
  graph[0].after.metadata = "9";
  std::vector<Unsupported> unsupported;
  ASSERT_TRUE(ComputeFingerprints(&graph, &unsupported).ok());
  EXPECT_TRUE(unsupported.empty());
  for (const Node& node : graph) EXPECT_TRUE(node.changed()) << node.name;
  // Only metadata changed, so the data versions stay.
  EXPECT_EQ(graph[1].after.parent_data, graph[1].before.parent_data);
  EXPECT_EQ(graph[2].new_identifier, graph[2].after.View().Identifier());
}

TEST(Fingerprints, NothingChangesWhereNoHashDoes) {
  Graph graph = {MakeNode("a"), MakeNode("b", {0})};
  Store(graph, 1, {0});
  std::vector<Unsupported> unsupported;
  ASSERT_TRUE(ComputeFingerprints(&graph, &unsupported).ok());
  EXPECT_FALSE(graph[0].changed());
  EXPECT_FALSE(graph[1].changed());
}

// c uses the EMBEDDED b, which is made of a: a stands among c's parents, used by
// c itself or not.
TEST(Fingerprints, WhatAnEmbeddedParentIsMadeOf) {
  for (bool direct : {false, true}) {
    Graph graph = {MakeNode("a"), MakeNode("b", {0}), MakeNode("c", {0, 1})};
    graph[1].embedded = true;
    Store(graph, 1, {0});
    Store(graph, 2, direct ? std::vector<NodeIndex>{0, 1} : std::vector<NodeIndex>{1});
    std::vector<Unsupported> unsupported;
    ASSERT_TRUE(ComputeFingerprints(&graph, &unsupported).ok());
    EXPECT_TRUE(unsupported.empty());
    EXPECT_FALSE(graph[2].changed()) << direct;
  }
}

TEST(Fingerprints, ParentsThatDoNotFollowAreToldAndNotGuessed) {
  Graph graph = {MakeNode("a"), MakeNode("b", {0}), MakeNode("c", {0, 1})};
  graph[1].embedded = true;
  Store(graph, 1, {0});
  graph[2].before.parent_data = "77";
  std::vector<Unsupported> unsupported;
  ASSERT_TRUE(ComputeFingerprints(&graph, &unsupported).ok());
  ASSERT_EQ(unsupported.size(), 1u);
  EXPECT_EQ(unsupported[0].node, 2u);
  EXPECT_NE(unsupported[0].reason.find("EMBEDDED"), std::string::npos);
}

}  // namespace
}  // namespace stateserver::migrations
