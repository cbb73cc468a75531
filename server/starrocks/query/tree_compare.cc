// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/tree_compare.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "common/text.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

// Returns true if the names are equal, or if one lacks qualifiers that could not be resolved.
bool IsSameName(const Node& live, const Node& declared) {
  const auto& longer = live.parts.size() >= declared.parts.size() ? live.parts : declared.parts;
  const auto& shorter = live.parts.size() >= declared.parts.size() ? declared.parts : live.parts;
  return std::equal(
      shorter.rbegin(), shorter.rend(), longer.rbegin(),
      [](const std::string& a, const std::string& b) { return EqualIgnoringCase(a, b); });
}

// Returns true if the numbers are written alike, or if one has an exponent and they are equal.
bool IsSameNumber(const std::string& live, const std::string& declared) {
  if (live == declared) return true;
  const bool exponent =
      live.find_first_of("eE") != live.npos || declared.find_first_of("eE") != declared.npos;
  return exponent && std::strtod(live.c_str(), nullptr) == std::strtod(declared.c_str(), nullptr);
}

bool HaveSameTypes(const Node& live, const Node& declared) {
  if (live.kind == Kind::kText) return true;  // DATE 'x' is printed as 'x'
  // The engine adds the type of an array or a map.
  if (live.kind != Kind::kCast && (live.type == nullptr || declared.type == nullptr)) return true;
  if (live.kind == Kind::kName) return true;
  if (live.type == nullptr || declared.type == nullptr) return live.type == declared.type;
  return *live.type == *declared.type;
}

bool HaveSameParts(const Node& live, const Node& declared) {
  if (live.kind == Kind::kName) return IsSameName(live, declared);
  const bool columns = live.kind == Kind::kCte || live.kind == Kind::kColumns;
  if (!columns) return live.parts == declared.parts;
  if (live.parts.empty() || declared.parts.empty()) return true;
  return std::equal(
      live.parts.begin(), live.parts.end(), declared.parts.begin(), declared.parts.end(),
      [](const std::string& a, const std::string& b) { return EqualIgnoringCase(a, b); });
}

bool HaveSameTexts(const Node& live, const Node& declared) {
  if (live.kind == Kind::kNumber) return IsSameNumber(live.text, declared.text);
  if (live.kind == Kind::kField) return EqualIgnoringCase(live.text, declared.text);
  return live.text == declared.text;
}

bool MatchesOrNull(const Node* live, const Node* declared);

bool HaveSameChildren(const Node& live, const Node& declared) {
  if (live.children.size() != declared.children.size()) return false;
  // The engine adds the names of a function's columns.
  const bool adds_columns = live.kind == Kind::kFunction &&
                            (live.children[0] == nullptr || declared.children[0] == nullptr);
  for (size_t i = adds_columns ? 1 : 0; i < live.children.size(); ++i) {
    if (!MatchesOrNull(live.children[i].get(), declared.children[i].get())) return false;
  }
  return true;
}

bool MatchesOrNull(const Node* live, const Node* declared) {
  if (live == nullptr || declared == nullptr) return live == declared;
  return live->kind == declared->kind && live->negated == declared->negated &&
         live->distinct == declared->distinct && HaveSameTexts(*live, *declared) &&
         HaveSameParts(*live, *declared) && HaveSameTypes(*live, *declared) &&
         HaveSameChildren(*live, *declared);
}

}  // namespace

bool IsSameTree(const Node& left, const Node& right) {
  const bool types = left.type == nullptr || right.type == nullptr ? left.type == right.type
                                                                   : *left.type == *right.type;
  return left.kind == right.kind && left.negated == right.negated &&
         left.distinct == right.distinct && left.text == right.text && left.parts == right.parts &&
         types &&
         std::equal(left.children.begin(), left.children.end(), right.children.begin(),
                    right.children.end(), [](const NodePtr& a, const NodePtr& b) {
                      return a == nullptr || b == nullptr ? a == b : IsSameTree(*a, *b);
                    });
}

bool Matches(const Node& live, const Node& declared) { return MatchesOrNull(&live, &declared); }

}  // namespace stateserver::schema::query
