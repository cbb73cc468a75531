// SPDX-License-Identifier: Apache-2.0

#include "common/sql/lexer.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace stateserver::sql {

namespace {

bool Contains(std::string_view characters, char c) {
  return characters.find(c) != std::string_view::npos;
}

// Includes letters of other alphabets.
bool IsLetter(char c) {
  auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalpha(byte) || c == '_' || byte >= 0x80;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kIdeographicSpace = "\xE3\x80\x80";  // U+3000
constexpr std::string_view kDollars = "$$";

char Unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return c;
  }
}

}  // namespace

Token Lexer::Next() {
  if (at_ == 0 && At(kByteOrderMark)) line_start_ = at_ = kByteOrderMark.size();
  MoveTo(SpaceEnd(at_));
  Token token;
  token.offset = at_;
  token.line = line_;
  token.column = static_cast<int>(at_ - line_start_) + 1;
  if (at_ < sql_.size()) Read(&token);
  token.source = sql_.substr(token.offset, at_ - token.offset);
  return token;
}

void Lexer::Read(Token* token) {
  char c = sql_[at_];
  if (At("--") || At("/*") || (c == '#' && dialect_.hash_comments)) return Comment(token);
  if (Contains(dialect_.text_quotes, c)) return Quoted(token, Token::Kind::kText);
  if (Contains(dialect_.name_quotes, c)) return Quoted(token, Token::Kind::kQuotedName);
  if (dialect_.dollar_texts && At(kDollars) && DollarText(token)) return;
  if (!NumberOrWord(token)) Symbol(token);
}

void Lexer::Comment(Token* token) {
  token->kind = Token::Kind::kComment;
  if (!At("/*")) return MoveTo(std::min(sql_.find_first_of("\r\n", at_), sql_.size()));
  size_t end = sql_.find("*/", at_ + 2);
  if (end == sql_.npos) token->fault = Token::Fault::kUnterminated;
  MoveTo(end == sql_.npos ? sql_.size() : end + 2);
}

void Lexer::Quoted(Token* token, Token::Kind kind) {
  const bool text = kind == Token::Kind::kText;
  const char quote = sql_[at_];
  token->kind = kind;
  token->fault = Token::Fault::kUnterminated;
  size_t at = at_ + 1;
  while (at < sql_.size()) {
    char c = sql_[at++];
    if (c == quote) {
      if (at == sql_.size() || sql_[at] != quote) {
        token->fault = Token::Fault::kNone;
        break;
      }
      ++at;
      if (!text && dialect_.drops_doubled_name_quotes) continue;
    } else if (c == '\\' && text && dialect_.backslash_escapes && at < sql_.size()) {
      c = Unescaped(sql_[at++]);
    }
    token->value.push_back(c);
  }
  MoveTo(at);
}

// Reads `$$ … $$`. Returns false for a word that begins with `$$`, and is as long or longer.
bool Lexer::DollarText(Token* token) {
  const size_t begin = at_ + kDollars.size();
  const size_t end = sql_.find(kDollars, begin);
  if (end == sql_.npos || end + kDollars.size() <= WordEnd(at_)) return false;
  token->kind = Token::Kind::kText;
  token->value = sql_.substr(begin, end - begin);
  MoveTo(end + kDollars.size());
  return true;
}

bool Lexer::NumberOrWord(Token* token) {
  size_t number = NumberEnd();
  if (number == at_) {
    if (!IsWordStart(at_)) return false;
    Plain(token, Token::Kind::kWord, WordEnd(at_));
    return true;
  }
  // The longer of the two wins: `1e5` is a number, `1e5a` and the name in `.1a` are words.
  const bool point = sql_[at_] == '.';
  size_t word = dialect_.digits_begin_words ? WordEnd(point ? at_ + 1 : at_) : at_;
  if (word <= number) {
    Plain(token, Token::Kind::kNumber, number);
  } else if (point) {
    Plain(token, Token::Kind::kSymbol, at_ + 1);
  } else {
    Plain(token, Token::Kind::kWord, word);
  }
  return true;
}

void Lexer::Symbol(Token* token) {
  for (std::string_view symbol :
       {"<=>", "->>", "<=", ">=", "<>", "!=", "||", "&&", "->", "::", ":="}) {
    if (At(symbol)) return Plain(token, Token::Kind::kSymbol, at_ + symbol.size());
  }
  if (!Contains("()[]{}<>,.;:=+-*/%!~&|^?", sql_[at_])) token->fault = Token::Fault::kUnknown;
  Plain(token, Token::Kind::kSymbol, at_ + 1);
}

// Sets a token whose value is its source.
void Lexer::Plain(Token* token, Token::Kind kind, size_t end) {
  token->kind = kind;
  token->value = sql_.substr(at_, end - at_);
  at_ = end;
}

// Moves to `end`, and counts the lines before it.
void Lexer::MoveTo(size_t end) {
  for (; at_ < end; ++at_) {
    if (sql_[at_] != '\n') continue;
    ++line_;
    line_start_ = at_ + 1;
  }
}

size_t Lexer::SpaceEnd(size_t at) const {
  while (at < sql_.size()) {
    if (absl::ascii_isspace(static_cast<unsigned char>(sql_[at]))) {
      ++at;
    } else if (dialect_.ideographic_spaces && sql_.substr(at).starts_with(kIdeographicSpace)) {
      at += kIdeographicSpace.size();
    } else {
      break;
    }
  }
  return at;
}

bool Lexer::IsWordStart(size_t at) const {
  if (dialect_.ideographic_spaces && sql_.substr(at).starts_with(kIdeographicSpace)) return false;
  return IsLetter(sql_[at]) || Contains(dialect_.word_signs, sql_[at]);
}

size_t Lexer::WordEnd(size_t at) const {
  while (at < sql_.size() &&
         (IsWordStart(at) || IsDigit(sql_[at]) || Contains(dialect_.inner_word_signs, sql_[at]))) {
    ++at;
  }
  return at;
}

size_t Lexer::DigitsEnd(size_t at) const {
  while (at < sql_.size() && IsDigit(sql_[at])) ++at;
  return at;
}

// Returns the end of `12`, `1.`, `.5` or `1.5e-3`; the current position if no number begins there.
size_t Lexer::NumberEnd() const {
  size_t end = DigitsEnd(at_);
  if (end < sql_.size() && sql_[end] == '.') {
    size_t fraction = DigitsEnd(end + 1);
    if (end > at_ || fraction > end + 1) end = fraction;
  }
  if (end == at_ || end == sql_.size() || absl::ascii_tolower(sql_[end]) != 'e') return end;
  size_t digits = end + 1;
  if (digits < sql_.size() && (sql_[digits] == '+' || sql_[digits] == '-')) ++digits;
  size_t exponent = DigitsEnd(digits);
  return exponent > digits ? exponent : end;
}

}  // namespace stateserver::sql
