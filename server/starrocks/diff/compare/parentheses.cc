// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/parentheses.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"

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

std::string Upper(const Token& token) {
  std::string text = token.value;
  if (token.kind == Token::Kind::kWord) absl::AsciiStrToUpper(&text);
  return text;
}

bool IsSymbol(const Token& token, std::string_view symbol) {
  return token.kind == Token::Kind::kSymbol && token.value == symbol;
}

// 0 for what is no operator.
int Precedence(const Token& token) {
  if (token.kind != Token::Kind::kSymbol && token.kind != Token::Kind::kWord) return 0;
  std::string text = Upper(token);
  for (const Operator& one : kOperators) {
    if (one.text == text) return one.precedence;
  }
  return 0;
}

// Words behind which an operand begins, and a bracket is no call's.
bool StartsOperand(const Token& token) {
  constexpr std::array kWords = {"SELECT", "DISTINCT", "WHERE", "ON",  "HAVING", "WHEN",
                                 "THEN",   "ELSE",     "CASE",  "BY",  "AND",    "OR",
                                 "NOT",    "BETWEEN",  "LIKE",  "DIV", "RLIKE",  "REGEXP"};
  if (token.kind == Token::Kind::kSymbol) return !IsSymbol(token, ")") && !IsSymbol(token, "]");
  if (token.kind != Token::Kind::kWord) return false;
  std::string text = Upper(token);
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

// One pass from left to right, which decides about each pair where it closes. What stands inside
// is decided by then, and taking the pair outside away later changes nothing about that: an operand
// that binds tighter than its neighbours in the pair binds tighter than the pair's neighbours.
class Parentheses {
 public:
  explicit Parentheses(std::vector<Token>* tokens) : tokens_(*tokens) {}

  void Run() {
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
  // What is known of the tokens so far in one pair of parentheses, or between CASE and END, which
  // are an operand as a whole; but for those in pairs that stay.
  struct Level {
    size_t open = 0;
    bool is_case = false;
    int least = kAtom;  // the operator that binds least
    bool empty = true;
    bool list = false;           // a list or a subquery: no operand
    bool after_between = false;  // the next AND belongs to a BETWEEN
    bool has_words = false;      // of those that tell about an AND
  };

  bool StartsOperandAt(size_t at) const { return at == 0 || StartsOperand(tokens_[at - 1]); }

  // Of the token at `at`, where AND may belong to a BETWEEN of the innermost level.
  int PrecedenceAt(size_t at) const {
    if (at >= tokens_.size()) return 0;
    const Token& token = tokens_[at];
    if (levels_.back().after_between && Upper(token) == "AND") return 4;
    bool sign = IsSymbol(token, "-") || IsSymbol(token, "+");
    return sign && StartsOperandAt(at) ? kUnary : Precedence(token);
  }

  void Add() {
    const Token& token = tokens_[at_];
    std::string text = Upper(token);
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
    while (levels_.back().is_case) levels_.pop_back();  // without its END
    if (levels_.size() == 1) return;                    // closes nothing
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
    // Operators of one strength are taken from the left.
    return level.least > left && level.least >= right && !(level.least == right && right == 4);
  }

  std::vector<Token>& tokens_;
  size_t at_ = 0;
  std::vector<Level> levels_ = {{}};  // the first is the text itself
  std::vector<int> precedences_;      // of the tokens so far
  std::vector<bool> dropped_;
};

}  // namespace

void DropNeedlessParentheses(std::vector<Token>* tokens) { Parentheses(tokens).Run(); }

}  // namespace stateserver::schema
