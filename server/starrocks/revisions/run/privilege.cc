// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/privilege.h"

#include <algorithm>
#include <array>
#include <vector>

#include "common/text.h"
#include "revisions/words.h"
#include "server/starrocks/ddl/parse/lexer.h"

namespace stateserver::revisions {
namespace {

// Wherever they stand: DROP COLUMN, SWAP WITH, INSERT OVERWRITE, FROM FILES(…).
constexpr std::array<std::string_view, 10> kForbidden = {
    "delete",    "drop", "execute",  "external", "files",
    "overwrite", "swap", "truncate", "update",   "user"};

using Begin = std::vector<std::string_view>;
const std::vector<Begin>& PlainBegins() {
  static const std::vector<Begin> begins = {
      {"alter", "table"},
      {"alter", "view"},
      {"alter", "materialized", "view"},
      {"create", "table"},
      {"create", "view"},
      {"create", "or", "replace", "view"},
      {"create", "materialized", "view"},
      {"insert", "into"},
      {"refresh", "materialized", "view"},
  };
  return begins;
}

bool BeginsWith(const std::vector<std::string>& words, const Begin& begin) {
  return words.size() >= begin.size() && std::equal(begin.begin(), begin.end(), words.begin());
}

}  // namespace

bool IsPlainStatement(std::string_view statement) {
  // Hints, and comments that some engines run.
  if (statement.find("/*+") != statement.npos || statement.find("/*!") != statement.npos) {
    return false;
  }
  schema::Lexed lexed = schema::Lex(statement, "statement");
  if (lexed.error) return false;
  std::vector<std::string> words;
  for (const schema::Token& token : lexed.tokens) {
    if (token.kind == schema::Token::Kind::kSymbol && token.value == ";") return false;
    words.push_back(token.kind == schema::Token::Kind::kWord ? Lower(token.value) : "");
  }
  bool plain = std::any_of(PlainBegins().begin(), PlainBegins().end(),
                           [&](const Begin& begin) { return BeginsWith(words, begin); });
  if (!plain) return false;
  return std::none_of(words.begin(), words.end(), [](const std::string& word) {
    return std::find(kForbidden.begin(), kForbidden.end(), word) != kForbidden.end();
  });
}

std::optional<std::string> FindDestructive(const MigrationPlan& plan) {
  for (const PlannedRun& run : plan.runs) {
    if (run.compensate || run.direction == Direction::kDowngrade) {
      return Cat("revision ", run.revision->id, " is taken back");
    }
    for (size_t i = 0; i < run.steps().size(); ++i) {
      const SqlStep& step = run.steps()[i];
      bool noted = step.notes.destructive || step.notes.step_class == "copy_swap";
      if (!noted && IsPlainStatement(step.statement)) continue;
      return Cat("statement ", i + 1, " of revision ", run.revision->id,
                 noted ? " destroys or rebuilds" : " does more than to create or to extend");
    }
  }
  return std::nullopt;
}

}  // namespace stateserver::revisions
