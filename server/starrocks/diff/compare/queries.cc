// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/queries.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/query/same.h"

namespace stateserver::schema {

namespace {

struct Operator {
  std::string_view text;
  int precedence;  // higher binds tighter
};

// The precedences of the engine's grammar.
constexpr Operator kOperators[] = {
    {"||", 1},    {"OR", 1},     {"&&", 2}, {"AND", 2},  {"!", 3},       {"NOT", 3},
    {"=", 4},     {"<=>", 4},    {"<", 4},  {">", 4},    {"<=", 4},      {">=", 4},
    {"<>", 4},    {"!=", 4},     {"IS", 4}, {"LIKE", 4}, {"BETWEEN", 4}, {"IN", 4},
    {"RLIKE", 4}, {"REGEXP", 4}, {"|", 5},  {"&", 6},    {"+", 7},       {"-", 7},
    {"*", 8},     {"/", 8},      {"%", 8},  {"DIV", 8},  {"^", 9},       {"~", 10},
};
constexpr int kAtom = 100;
constexpr int kUnary = 10;

// Returns the text of a token in the form of kOperators.
std::string UpperText(const Token& token) {
  return token.kind == Token::Kind::kWord ? Upper(token.value) : token.value;
}

bool IsSymbol(const Token& token, std::string_view symbol) {
  return token.kind == Token::Kind::kSymbol && token.value == symbol;
}

// Returns 0 if the token is not an operator.
int Precedence(const Token& token) {
  if (token.kind != Token::Kind::kSymbol && token.kind != Token::Kind::kWord) return 0;
  std::string text = UpperText(token);
  for (const Operator& one : kOperators) {
    if (one.text == text) return one.precedence;
  }
  return 0;
}

// Returns true for words after which an operand begins, so that a bracket after them does not
// belong to a call.
bool StartsOperand(const Token& token) {
  constexpr std::array kWords = {"SELECT", "DISTINCT", "WHERE", "ON",  "HAVING", "WHEN",
                                 "THEN",   "ELSE",     "CASE",  "BY",  "AND",    "OR",
                                 "NOT",    "BETWEEN",  "LIKE",  "DIV", "RLIKE",  "REGEXP"};
  if (token.kind == Token::Kind::kSymbol) return !IsSymbol(token, ")") && !IsSymbol(token, "]");
  if (token.kind != Token::Kind::kWord) return false;
  std::string text = UpperText(token);
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

// Parentheses makes one pass from left to right and decides about each pair when it closes. Inner
// pairs are decided by then, and removing the outer pair later does not affect them: an operand
// that binds tighter than its neighbours in the pair also binds tighter than the pair's neighbours.
class Parentheses {
 public:
  explicit Parentheses(std::vector<Token>* tokens) : tokens_(*tokens) {}

  void DropNeedless() {
    precedences_.resize(tokens_.size());
    dropped_.resize(tokens_.size());
    for (at_ = 0; at_ < tokens_.size(); ++at_) {
      if (IsSymbol(tokens_[at_], "(")) {
        levels_.push_back({.open = at_});
      } else if (IsSymbol(tokens_[at_], ")")) {
        Close();
      } else {
        Add();
      }
    }
    size_t at = 0;
    std::erase_if(tokens_, [&](const Token&) { return dropped_[at++]; });
  }

 private:
  // Level holds what is known of the tokens so far in one pair of parentheses, or between CASE and
  // END, which form one operand; excludes tokens in pairs that are kept.
  struct Level {
    size_t open = 0;
    bool is_case = false;
    int least = kAtom;  // the operator with the lowest precedence
    bool empty = true;
    bool list = false;           // a list or a subquery, not an operand
    bool after_between = false;  // the next AND belongs to a BETWEEN
    bool has_words = false;      // contains words that determine the meaning of an AND
  };

  bool StartsOperandAt(size_t at) const { return at == 0 || StartsOperand(tokens_[at - 1]); }

  // Returns the precedence of the token at `at`, where AND may belong to a BETWEEN of the innermost
  // level.
  int PrecedenceAt(size_t at) const {
    if (at >= tokens_.size()) return 0;
    const Token& token = tokens_[at];
    if (levels_.back().after_between && UpperText(token) == "AND") return 4;
    bool sign = IsSymbol(token, "-") || IsSymbol(token, "+");
    return sign && StartsOperandAt(at) ? kUnary : Precedence(token);
  }

  void Add() {
    const Token& token = tokens_[at_];
    std::string text = UpperText(token);
    bool word = token.kind == Token::Kind::kWord;
    if (word && text == "END" && levels_.back().is_case) levels_.pop_back();
    Level& level = levels_.back();
    level.empty = false;
    level.list = level.list || IsSymbol(token, ",") || text == "SELECT" || text == "WITH";
    precedences_[at_] = PrecedenceAt(at_);
    if (precedences_[at_] > 0) level.least = std::min(level.least, precedences_[at_]);
    if (!word) return;
    if (text == "CASE") return levels_.push_back({.open = at_, .is_case = true});
    bool ends =
        text == "AND" || text == "SELECT" || text == "WHERE" || text == "ON" || text == "HAVING";
    if (!ends && text != "BETWEEN") return;
    level.after_between = !ends;
    level.has_words = true;
  }

  void Close() {
    while (levels_.back().is_case) levels_.pop_back();  // no END
    if (levels_.size() == 1) return;                    // no open parenthesis
    Level level = levels_.back();
    levels_.pop_back();
    Level& outside = levels_.back();
    outside.empty = false;
    if (!IsNeedless(level)) return;
    dropped_[level.open] = dropped_[at_] = true;
    outside.least = std::min(outside.least, level.least);
    if (level.has_words) {
      outside.has_words = true;
      outside.after_between = level.after_between;
    }
  }

  bool IsNeedless(const Level& level) const {
    if (level.empty || level.list || !StartsOperandAt(level.open)) return false;
    int left = level.open > 0 ? precedences_[level.open - 1] : 0;
    int right = PrecedenceAt(at_ + 1);
    // Operators of the same precedence associate to the left.
    return level.least > left && level.least >= right && !(level.least == right && right == 4);
  }

  std::vector<Token>& tokens_;
  size_t at_ = 0;
  std::vector<Level> levels_ = {{}};  // the first level is the text itself
  std::vector<int> precedences_;      // precedences of the tokens so far
  std::vector<bool> dropped_;
};

// Item is a token, or a name with its qualifiers.
struct Item {
  enum class Kind { kName, kText, kOther, kEnd };
  Kind kind = Kind::kEnd;
  std::vector<std::string> parts;  // parts of a name, or one text
  bool quoted = false;             // the last part was in backticks

  const std::string& last() const { return parts.back(); }
};

bool IsDot(const Token& token) { return token.kind == Token::Kind::kSymbol && token.value == "."; }

bool IsName(const Token& token) {
  return token.kind == Token::Kind::kWord || token.kind == Token::Kind::kQuotedName;
}

std::vector<Item> Items(std::string_view query, bool* ok) {
  Lexed lexed = Lex(query, "");
  *ok = !lexed.error;
  std::vector<Token> tokens = std::move(lexed.tokens);
  tokens.pop_back();
  DropNeedlessParentheses(&tokens);
  std::vector<Item> items;
  for (size_t at = 0; at < tokens.size(); ++at) {
    const Token& token = tokens[at];
    bool after_dot = at > 0 && IsDot(tokens[at - 1]);
    if (IsDot(token) && !items.empty() && items.back().kind == Item::Kind::kName) continue;
    if (after_dot && !items.empty() && items.back().kind == Item::Kind::kName) {
      items.back().parts.push_back(token.value);
      items.back().quoted = token.kind == Token::Kind::kQuotedName;
      continue;
    }
    Item item;
    item.kind = IsName(token)                      ? Item::Kind::kName
                : token.kind == Token::Kind::kText ? Item::Kind::kText
                                                   : Item::Kind::kOther;
    item.parts = {token.value == "!=" ? "<>" : token.value};
    item.quoted = token.kind == Token::Kind::kQuotedName;
    items.push_back(item);
  }
  items.push_back(Item{Item::Kind::kEnd, {""}, false});
  return items;
}

class Walk {
 public:
  Walk(std::vector<Item> live, std::vector<Item> declared, std::string_view database)
      : live_(std::move(live)), declared_(std::move(declared)), database_(database) {}

  bool Same() {
    while (true) {
      if (Equal(live_[i_], declared_[j_])) {
        if (live_[i_].kind == Item::Kind::kEnd) return true;
        NoteStart();
        ++i_;
        ++j_;
      } else if (!SkipAddition()) {
        return false;
      }
    }
  }

 private:
  static bool Is(const Item& item, std::string_view word) {
    return (item.kind == Item::Kind::kName && !item.quoted && item.parts.size() == 1 &&
            Lower(item.last()) == word) ||
           (item.kind == Item::Kind::kOther && item.last() == word);
  }

  const Item& Next(const std::vector<Item>& items, size_t at) const {
    return items[std::min(at + 1, items.size() - 1)];
  }

  bool InFrom() const { return i_ > 0 && (Is(live_[i_ - 1], "from") || Is(live_[i_ - 1], "join")); }

  // One name may have qualifiers that the other omits.
  bool EqualNames(const Item& a, const Item& b) const {
    if (Lower(a.last()) != Lower(b.last())) return false;
    if (InFrom() && a.last() != b.last()) return false;
    const Item& longer = a.parts.size() >= b.parts.size() ? a : b;
    const Item& shorter = a.parts.size() >= b.parts.size() ? b : a;
    size_t extra = longer.parts.size() - shorter.parts.size();
    if (!std::equal(shorter.parts.begin(), shorter.parts.end() - 1,
                    longer.parts.begin() + static_cast<std::ptrdiff_t>(extra))) {
      return false;
    }
    return extra == 0 || !InFrom() || longer.parts[0] == database_;
  }

  bool Equal(const Item& a, const Item& b) const {
    if (a.kind == Item::Kind::kName && b.kind == Item::Kind::kName) return EqualNames(a, b);
    return a.kind == b.kind && a.parts == b.parts;
  }

  // Records the beginning of a column that an alias may follow.
  void NoteStart() {
    if (Is(declared_[j_], "(")) starts_.push_back(j_ + 1);
    if (Is(declared_[j_], ")") && starts_.size() > 1) starts_.pop_back();
    if (Is(declared_[j_], "select") || Is(declared_[j_], "distinct") || Is(declared_[j_], ",")) {
      starts_.back() = j_ + 1;
    }
  }

  bool AtBoundary() const {
    const Item& item = declared_[j_];
    if (item.kind == Item::Kind::kEnd) return true;
    constexpr std::array kWords = {",",      ")",         "from",  "union",
                                   "except", "intersect", "where", "limit"};
    return std::any_of(kWords.begin(), kWords.end(),
                       [&](std::string_view word) { return Is(item, word); });
  }

  static std::string Squashed(std::string_view text) {
    std::string out;
    for (char c : text) {
      if (c != ' ' && c != '`' && c != '(' && c != ')' && c != '\'' && c != '"') out.push_back(c);
    }
    return Lower(out);
  }

  // The engine uses a column's own text as its alias.
  bool IsOwnText(const std::string& alias) const {
    std::string text;
    for (size_t at = starts_.back(); at < j_; ++at) text += declared_[at].last();
    return Squashed(alias) == Squashed(text);
  }

  bool SkipWord(std::string_view word, std::string_view before) {
    if (Is(live_[i_], word) && Is(Next(live_, i_), before) && Is(declared_[j_], before)) {
      ++i_;
      return true;
    }
    if (Is(declared_[j_], word) && Is(Next(declared_, j_), before) && Is(live_[i_], before)) {
      ++j_;
      return true;
    }
    return false;
  }

  bool SkipAs() {
    if (Is(live_[i_], "as") && Equal(Next(live_, i_), declared_[j_])) {
      ++i_;
      return true;
    }
    if (Is(live_[i_], "as") && AtBoundary() && IsOwnText(Next(live_, i_).last())) {
      i_ += 2;
      return true;
    }
    return false;
  }

  // Skips the columns of WITH busy (dock_id, n) AS, which the engine adds.
  bool SkipColumns() {
    if (!Is(live_[i_], "(") || !Is(declared_[j_], "as")) return false;
    size_t at = i_;
    while (live_[at].kind != Item::Kind::kEnd && !Is(live_[at], ")")) ++at;
    if (!Is(Next(live_, at), "as")) return false;
    i_ = at + 1;
    return true;
  }

  bool SkipOrder() {
    if (Is(live_[i_], "asc") && !Is(declared_[j_], "desc")) {
      ++i_;
      return true;
    }
    if (Is(declared_[j_], "asc") && !Is(live_[i_], "desc")) {
      ++j_;
      return true;
    }
    return false;
  }

  bool SkipAddition() {
    return SkipAs() || SkipColumns() || SkipOrder() || SkipWord("inner", "join") ||
           SkipWord("outer", "join");
  }

  const std::vector<Item> live_, declared_;
  const std::string_view database_;
  size_t i_ = 0, j_ = 0;
  std::vector<size_t> starts_ = {0};
};

}  // namespace

void DropNeedlessParentheses(std::vector<Token>* tokens) { Parentheses(tokens).DropNeedless(); }

bool SameQuery(std::string_view live, std::string_view declared, const std::string& database,
               query::ColumnSource* source) {
  std::optional<bool> same = query::IsPrintedAs(live, declared, database, source);
  if (same) return *same;
  bool live_ok = false, declared_ok = false;
  std::vector<Item> there = Items(live, &live_ok), wanted = Items(declared, &declared_ok);
  if (!live_ok || !declared_ok) return live == declared;
  return Walk(std::move(there), std::move(wanted), database).Same();
}

}  // namespace stateserver::schema
