#include "server/schema/compare/parentheses.h"

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

class Parentheses {
 public:
  explicit Parentheses(std::vector<Token>* tokens) : tokens_(*tokens) {}

  void Run() {
    for (bool again = true; again;) {
      again = false;
      for (size_t at = 0; at < tokens_.size(); ++at) {
        size_t close = IsSymbol(tokens_[at], "(") ? Close(at) : 0;
        if (close == 0 || !Needless(at, close)) continue;
        tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(close));
        tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(at));
        again = true;
      }
    }
  }

 private:
  size_t Close(size_t open) const {
    int depth = 0;
    for (size_t at = open; at < tokens_.size(); ++at) {
      depth += static_cast<int>(IsSymbol(tokens_[at], "(")) -
               static_cast<int>(IsSymbol(tokens_[at], ")"));
      if (depth == 0) return at;
    }
    return 0;
  }

  bool IsUnary(size_t at) const { return at == 0 || StartsOperand(tokens_[at - 1]); }

  // An AND that belongs to a BETWEEN before it.
  bool OfBetween(size_t at) const {
    if (Upper(tokens_[at]) != "AND") return false;
    int depth = 0, ands = 0;
    for (size_t back = at; back-- > 0;) {
      if (IsSymbol(tokens_[back], ")")) ++depth;
      if (IsSymbol(tokens_[back], "(") && --depth < 0) return false;
      if (depth > 0 || tokens_[back].kind != Token::Kind::kWord) continue;
      std::string word = Upper(tokens_[back]);
      if (word == "AND") ++ands;
      if (word == "BETWEEN") return ands == 0;
      if (word == "SELECT" || word == "WHERE" || word == "ON" || word == "HAVING") return false;
    }
    return false;
  }

  int At(size_t at) const {
    if (OfBetween(at)) return 4;
    int precedence = Precedence(tokens_[at]);
    bool sign = IsSymbol(tokens_[at], "-") || IsSymbol(tokens_[at], "+");
    return sign && IsUnary(at) ? kUnary : precedence;
  }

  // The operator inside that binds least; 0 for what is no operand.
  int Inside(size_t open, size_t close) const {
    int least = kAtom, depth = 0;
    if (close == open + 1) return 0;
    for (size_t at = open + 1; at < close; ++at) {
      if (IsSymbol(tokens_[at], ")")) --depth;
      if (depth == 0) {
        std::string text = Upper(tokens_[at]);
        if (IsSymbol(tokens_[at], ",") || text == "SELECT" || text == "WITH") return 0;
        int precedence = At(at);
        if (precedence > 0) least = std::min(least, precedence);
      }
      if (IsSymbol(tokens_[at], "(")) ++depth;
    }
    return least;
  }

  bool Needless(size_t open, size_t close) const {
    if (open > 0 && !StartsOperand(tokens_[open - 1])) return false;
    int inside = Inside(open, close);
    if (inside == 0) return false;
    int left = open > 0 ? At(open - 1) : 0;
    int right = close + 1 < tokens_.size() ? At(close + 1) : 0;
    // Operators of one strength are taken from the left.
    return inside > left && inside >= right && !(inside == right && inside == 4);
  }

  std::vector<Token>& tokens_;
};

}  // namespace

void DropNeedlessParentheses(std::vector<Token>* tokens) { Parentheses(tokens).Run(); }

}  // namespace stateserver::schema
