#include "server/schema/references/references.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "server/schema/parse/lexer.h"

namespace stateserver::schema {
namespace {

std::string Lower(std::string text) {
  absl::AsciiStrToLower(&text);
  return text;
}

class Walk {
 public:
  Walk(std::vector<Token> tokens, const std::string& database)
      : tokens_(std::move(tokens)), database_(database) {}

  References Run() {
    NoteWords();
    for (size_t at = 0; at < tokens_.size(); ++at) {
      if (IsWord(at, "from") || IsWord(at, "join")) Relations(at + 1);
    }
    return std::move(out_);
  }

 private:
  bool IsWord(size_t at, std::string_view word) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::kWord &&
           Lower(tokens_[at].value) == word;
  }
  bool IsSymbol(size_t at, std::string_view symbol) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::kSymbol &&
           tokens_[at].value == symbol;
  }
  bool IsName(size_t at) const {
    return at < tokens_.size() &&
           (tokens_[at].kind == Token::Kind::kWord || tokens_[at].kind == Token::Kind::kQuotedName);
  }

  // Names, `*` after SELECT, a comma or a dot, and the names that WITH gives.
  void NoteWords() {
    for (size_t at = 0; at < tokens_.size(); ++at) {
      if (IsName(at)) out_.words.insert(Lower(tokens_[at].value));
      if (IsName(at) && !IsAlias(at)) out_.columns.insert(Lower(tokens_[at].value));
      if (IsSymbol(at, "*") && at > 0) {
        bool all = IsWord(at - 1, "select") || IsWord(at - 1, "distinct") ||
                   IsSymbol(at - 1, ",") || IsSymbol(at - 1, ".");
        out_.star = out_.star || all;
      }
      if (IsName(at) && IsGiven(at)) given_.insert(tokens_[at].value);
    }
  }

  // Behind AS, or behind a column or an expression without a word between.
  bool IsAlias(size_t at) const {
    if (at == 0) return false;
    const Token& before = tokens_[at - 1];
    if (before.kind == Token::Kind::kSymbol) return before.value == ")";
    if (before.kind != Token::Kind::kWord) return true;
    constexpr std::array<std::string_view, 26> kBefore = {
        "select", "distinct", "all",  "where", "and",  "or",  "not",  "on",      "by",
        "having", "case",     "when", "then",  "else", "in",  "like", "is",      "between",
        "from",   "join",     "with", "using", "end",  "div", "over", "interval"};
    return std::find(kBefore.begin(), kBefore.end(), Lower(before.value)) == kBefore.end();
  }

  // `name AS (` or `name (columns) AS (` behind WITH or a comma.
  bool IsGiven(size_t at) const {
    if (at == 0 ||
        !(IsWord(at - 1, "with") || IsWord(at - 1, "recursive") || IsSymbol(at - 1, ","))) {
      return false;
    }
    size_t next = at + 1;
    if (IsSymbol(next, "(")) {
      while (next < tokens_.size() && !IsSymbol(next, ")")) ++next;
      ++next;
    }
    return IsWord(next, "as") && IsSymbol(next + 1, "(");
  }

  // The list after FROM; subqueries in it have a FROM of their own.
  void Relations(size_t at) {
    while (at < tokens_.size()) {
      if (IsSymbol(at, "(")) {
        if (!IsWord(at + 1, "select") && !IsWord(at + 1, "with") && !IsSymbol(at + 1, "(")) {
          Relations(at + 1);
        }
        at = BehindBracket(at);
      } else if (IsName(at)) {
        at = Relation(at);
      } else {
        return;
      }
      at = BehindAlias(at);
      if (!IsSymbol(at, ",")) return;
      ++at;
    }
  }

  size_t Relation(size_t at) {
    std::vector<std::string> parts = {tokens_[at++].value};
    while (IsSymbol(at, ".") && IsName(at + 1)) {
      parts.push_back(tokens_[at + 1].value);
      at += 2;
    }
    if (IsSymbol(at, "(")) return BehindBracket(at);  // a table function
    bool given = parts.size() == 1 && given_.contains(parts[0]);
    if (parts.size() == 1 && !given) out_.relations.insert({database_, parts[0]});
    if (parts.size() == 2) out_.relations.insert({parts[0], parts[1]});
    if (parts.size() == 3 && Lower(parts[0]) == "default_catalog") {
      out_.relations.insert({parts[1], parts[2]});
    }
    return at;
  }

  size_t BehindBracket(size_t at) const {
    int depth = 0;
    for (; at < tokens_.size(); ++at) {
      if (IsSymbol(at, "(")) ++depth;
      if (IsSymbol(at, ")") && --depth == 0) return at + 1;
    }
    return at;
  }

  size_t BehindAlias(size_t at) const {
    constexpr std::array<std::string_view, 18> kNext = {
        "where", "group", "order", "having", "limit", "join",   "inner", "left",      "right",
        "full",  "cross", "on",    "using",  "union", "except", "minus", "intersect", "lateral"};
    if (IsWord(at, "as")) return IsName(at + 1) ? at + 2 : at + 1;
    if (!IsName(at)) return at;
    for (std::string_view word : kNext) {
      if (IsWord(at, word)) return at;
    }
    return at + 1;
  }

  const std::vector<Token> tokens_;
  const std::string& database_;
  std::set<std::string> given_;
  References out_;
};

}  // namespace

References ReferencesOf(std::string_view query, const std::string& database) {
  Lexed lexed = Lex(query, "");
  if (lexed.error) return {};
  return Walk(std::move(lexed.tokens), database).Run();
}

}  // namespace stateserver::schema
