// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/gen/rules.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace stateserver::fingerprint {
namespace {

// What sqlglot makes of function calls, casts and bare words, as data. The table
// is made by running it (tests/compat/expressions_proof.py).
struct DialectCalls {
  const char* dialect;
  // "KEY=TEMPLATE|KEY|...", $1 and on in a TEMPLATE for the arguments. Keys:
  //   NAME/2        a call with two arguments; without a template NAME($1,$2)
  //   NAME/2/0DAY   the same with the bare word DAY as argument 0; $1 is the other one
  //   NAME/2/0'DAY' the same with a string
  //   CAST TYPE, TRY_CAST TYPE, :: TYPE, with # for each number of the type and
  //                 #1, #2 for them in the template
  // The first dialect is "", whose rules hold in all others but for those that
  // the others replace. A template ! takes one back.
  const char* rules;
};

// kDialectCalls; kReservedWords: words that are not simply the name of a column in some dialect,
// "ALL|AND|..."; kKnownFunctions: names that some dialect knows as a function, "ABS|ACOS|...".
#include "server/sqlmesh/fingerprint/gen/rules_table.inc"

// std::hash: Debian's absl hashes no std::string_view of its own kind alike.
using Rules = absl::flat_hash_map<std::string_view, std::string_view, std::hash<std::string_view>>;
using Words = absl::flat_hash_set<std::string_view, std::hash<std::string_view>>;

template <typename Visit>
void ForEach(std::string_view text, Visit visit) {
  for (size_t end; (end = text.find('|')) != text.npos; text.remove_prefix(end + 1)) {
    visit(text.substr(0, end));
  }
}

void AddRules(std::string_view text, Rules* rules) {
  ForEach(text, [&](std::string_view rule) {
    size_t equals = rule.find('=');
    std::string_view key = rule.substr(0, equals);
    (*rules)[key] = equals == rule.npos ? std::string_view("=") : rule.substr(equals + 1);
  });
}

const Rules* FindRules(std::string_view dialect) {
  using Dialects = absl::flat_hash_map<std::string_view, Rules, std::hash<std::string_view>>;
  static const auto* const kRules = [] {
    auto* all = new Dialects;
    for (const DialectCalls& calls : kDialectCalls) {
      Rules& rules = (*all)[calls.dialect];
      AddRules(kDialectCalls[0].rules, &rules);
      AddRules(calls.rules, &rules);
    }
    return all;
  }();
  auto found = kRules->find(dialect);
  return found == kRules->end() ? nullptr : &found->second;
}

Words* Split(std::string_view text) {
  auto* words = new Words;
  ForEach(text, [&](std::string_view word) { words->insert(word); });
  return words;
}

}  // namespace

std::string_view FindRule(std::string_view dialect, std::string_view key) {
  const Rules* rules = FindRules(dialect);
  if (rules == nullptr) return {};
  auto found = rules->find(key);
  return found == rules->end() || found->second == "!" ? std::string_view() : found->second;
}

bool IsReservedWord(std::string_view word) {
  static const Words* const kWords = Split(kReservedWords);
  return kWords->contains(word);
}

bool IsKnownFunction(std::string_view name) {
  static const Words* const kWords = Split(kKnownFunctions);
  return kWords->contains(name);
}

}  // namespace stateserver::fingerprint
