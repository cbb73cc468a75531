// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/rewrite_calls.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/text.h"
#include "server/starrocks/query/tree_compare.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

constexpr std::string_view kMidnight = " 00:00:00";

// Removes the time from '2024-01-02 00:00:00'.
void DropMidnight(Node* text) {
  if (text->kind != Kind::kText || text->text.size() != 19 || !text->text.ends_with(kMidnight)) {
    return;
  }
  const bool date = std::all_of(text->text.begin(), text->text.begin() + 10, [](char c) {
    return c == '-' || absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (date) text->text.resize(10);
}

bool TakesDates(std::string_view function) {
  constexpr std::array<std::string_view, 7> kFunctions = {
      "date_add", "date_sub", "adddate", "subdate", "timestampadd", "timestampdiff", "time_slice"};
  return std::find(kFunctions.begin(), kFunctions.end(), function) != kFunctions.end() ||
         function.ends_with("s_add") || function.ends_with("s_sub");
}

bool IsClause(const Node& child) {
  return child.kind == Kind::kOrder || child.kind == Kind::kSeparator ||
         child.kind == Kind::kFilter || child.kind == Kind::kWindow;
}

// group_concat separates by commas.
void AddSeparator(Node* call) {
  auto& children = call->children;
  auto at = std::find_if(children.begin(), children.end(), [](const NodePtr& child) {
    return child->kind == Kind::kSeparator || child->kind == Kind::kFilter ||
           child->kind == Kind::kWindow;
  });
  if (at == children.end() || (*at)->kind != Kind::kSeparator) {
    children.insert(at, NewNode(Kind::kSeparator, ","));
  }
}

// max(a) FILTER (WHERE b) is max_if(a, b).
void MoveFilter(Node* call) {
  auto& children = call->children;
  auto filter = std::find_if(children.begin(), children.end(),
                             [](const NodePtr& child) { return child->kind == Kind::kFilter; });
  if (filter == children.end()) return;
  NodePtr condition = std::move((*filter)->children[0]);
  children.erase(filter);
  call->parts.back() += "_if";
  auto end = std::find_if(children.begin(), children.end(),
                          [](const NodePtr& child) { return IsClause(*child); });
  children.insert(end, std::move(condition));
}

// The engine prints array_filter(lambda, array) as array_filter(array, array_map(lambda, array)),
// and any_match(lambda, array) as any_match(array_map(lambda, array)).
void JoinLambda(Node* call) {
  auto& children = call->children;
  if (children.empty() || children.size() > 2 || children.back()->kind != Kind::kCall) return;
  Node& map = *children.back();
  if (map.parts != std::vector<std::string>{"array_map"} || map.children.size() < 2) return;
  if (children.size() == 2 && !IsSameTree(*children[0], *map.children[1])) return;
  std::vector<NodePtr> arguments = std::move(map.children);
  children = std::move(arguments);
}

void MoveLambdaFirst(Node* call) {
  auto& children = call->children;
  auto lambda = std::find_if(children.begin(), children.end(),
                             [](const NodePtr& child) { return child->kind == Kind::kLambda; });
  if (lambda != children.end()) std::rotate(children.begin(), lambda, lambda + 1);
}

// The engine prints the default of lag and lead in the type of the value: 0 as 0E0.
void RewriteDefault(Node* call) {
  if (call->children.size() < 3 || call->children[2]->kind != Kind::kNumber) return;
  std::string& text = call->children[2]->text;
  if (std::strtod(text.c_str(), nullptr) == 0) text = "0";
}

// bitmap_union(to_bitmap(a)) is bitmap_agg(a).
void MergeBitmap(Node* call) {
  if (call->children.size() != 1 || call->children[0]->kind != Kind::kCall) return;
  NodePtr inner = std::move(call->children[0]);
  if (inner->parts != std::vector<std::string>{"to_bitmap"} || inner->children.size() != 1) {
    call->children[0] = std::move(inner);
    return;
  }
  call->parts = {"bitmap_agg"};
  call->children = std::move(inner->children);
}

}  // namespace

void RewriteCall(NodePtr* node) {
  Node& call = **node;
  std::erase(call.parts, "");
  if (call.parts.empty()) return;
  for (std::string& part : call.parts) part = Lower(part);
  if (call.parts.size() > 1) return;
  const std::string name = call.parts[0];
  if (name == "group_concat") AddSeparator(&call);
  MoveFilter(&call);
  if (name == "transform") call.parts[0] = "array_map";
  if (call.parts[0] == "array_map") MoveLambdaFirst(&call);
  const bool filters = name == "array_filter" || name == "array_sortby" || name == "any_match" ||
                       name == "all_match";
  if (filters) {
    JoinLambda(&call);
    MoveLambdaFirst(&call);
  }
  if (name == "lag" || name == "lead") RewriteDefault(&call);
  if (name == "bitmap_union") MergeBitmap(&call);
  if (!TakesDates(name)) return;
  for (NodePtr& child : call.children) DropMidnight(child.get());
}

void RewriteDates(Node* chain) {
  const bool interval =
      std::any_of(chain->children.begin(), chain->children.end(),
                  [](const NodePtr& child) { return child->kind == Kind::kInterval; });
  if (!interval) return;
  for (NodePtr& child : chain->children) DropMidnight(child.get());
}

void RewriteLambdaName(Node* name) {
  constexpr std::string_view kTable = "__LAMBDA_TABLE";
  if (name->parts.size() < 3 || name->parts[0] != kTable || name->parts[1] != kTable) return;
  name->parts.erase(name->parts.begin(), name->parts.begin() + 2);
}

}  // namespace stateserver::schema::query
