// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/gen/tokens.h"

#include <algorithm>
#include <iterator>

#include "common/text.h"

namespace stateserver::fingerprint {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c); }

class Tokenizer {
 public:
  Tokenizer(std::string_view source, const Dialect& dialect) : source_(source), dialect_(dialect) {}

  bool Tokenize(std::vector<Token>* tokens) {
    while (SkipSpace()) {
      Token token;
      token.begin = at_;
      if (!Next(&token)) return false;
      token.end = at_;
      tokens->push_back(std::move(token));
    }
    tokens->push_back({Token::kEnd, "", source_.size(), source_.size()});
    return true;
  }
  size_t at() const { return at_; }

 private:
  char Peek(size_t offset = 0) const {
    return at_ + offset < source_.size() ? source_[at_ + offset] : '\0';
  }
  bool SkipSpace() {
    while (Peek() == ' ' || Peek() == '\n' || Peek() == '\t' || Peek() == '\r') ++at_;
    return at_ < source_.size();
  }
  bool Next(Token* token) {
    char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number(token);
    if (IsWordStart(c)) return Word(token);
    if (dialect_.string_quotes.find(c) != std::string_view::npos) return String(token);
    if (dialect_.identifier_quotes.find(c) != std::string_view::npos) return Quoted(token);
    if (c == '@') return Macro(token);
    return Operator(token);
  }
  bool Number(Token* token);
  bool Word(Token* token);
  bool Macro(Token* token);
  bool String(Token* token);
  bool Quoted(Token* token);
  bool Operator(Token* token);
  void Digits() {
    while (IsDigit(Peek())) ++at_;
  }

  std::string_view source_;
  const Dialect& dialect_;
  size_t at_ = 0;
};

bool Tokenizer::Number(Token* token) {
  size_t begin = at_;
  bool leading_point = Peek() == '.';
  Digits();
  if (Peek() == '.') {
    if (!IsDigit(Peek(1))) return false;
    ++at_;
    Digits();
  }
  if (Peek() == 'e' || Peek() == 'E') {
    ++at_;
    if (Peek() == '+' || Peek() == '-') ++at_;
    if (!IsDigit(Peek())) return false;
    Digits();
  }
  if (IsWord(Peek()) || Peek() == '.') return false;
  token->kind = Token::kNumber;
  token->text = Cat(leading_point ? "0" : "", source_.substr(begin, at_ - begin));
  return true;
}

bool Tokenizer::Word(Token* token) {
  size_t begin = at_;
  while (IsWord(Peek())) ++at_;
  char next = Peek();
  token->kind = Token::kWord;
  token->text = source_.substr(begin, at_ - begin);
  return next != '\'' && next != '"' && next != '`' && next != '$' && next != '#' && next != '@' &&
         static_cast<unsigned char>(next) < 0x80;
}

bool Tokenizer::Macro(Token* token) {
  ++at_;
  if (!IsWordStart(Peek())) return false;
  bool fine = Word(token);
  token->kind = Token::kMacro;
  return fine;
}

bool Tokenizer::String(Token* token) {
  char quote = source_[at_++];
  token->kind = Token::kString;
  for (; at_ < source_.size(); ++at_) {
    char c = source_[at_];
    if (c == '\\' && dialect_.backslash) return false;
    if (c == quote) {
      if (Peek(1) != quote) {
        ++at_;
        return true;
      }
      if (!dialect_.doubled_quotes) return false;
      ++at_;
    }
    token->text.push_back(c);
  }
  return false;
}

bool Tokenizer::Quoted(Token* token) {
  char quote = source_[at_++];
  char close = quote == '[' ? ']' : quote;
  token->kind = Token::kQuoted;
  for (; at_ < source_.size(); ++at_) {
    char c = source_[at_];
    if (c == close) {
      ++at_;
      return Peek() != close && !token->text.empty();
    }
    if (c == '\\' || c == '"') return false;
    token->text.push_back(c);
  }
  return false;
}

bool Tokenizer::Operator(Token* token) {
  // Pairs of characters that are one operator in some dialect, but not supported here.
  static constexpr std::string_view kRefused[] = {
      "--", "->", "/*", "//", "**", "<<", "<-", "<@", ">>", "==", "=>",
      "%%", "*=", "+=", "-=", "^=", "!~", "~~", "|/", "&&", ":=", "]["};
  static constexpr std::string_view kDouble[] = {"<>", "!=", "<=", ">=", "||", "::"};
  auto is_next = [this](std::string_view two) { return Peek() == two[0] && Peek(1) == two[1]; };
  if (std::any_of(std::begin(kRefused), std::end(kRefused), is_next)) return false;
  size_t size = std::any_of(std::begin(kDouble), std::end(kDouble), is_next) ? 2 : 0;
  if (size == 2 && (Peek(2) == '>' || Peek(2) == '=' || Peek(2) == '|' || Peek(2) == '/'))
    return false;
  if (size == 0) {
    if (std::string_view("=<>(),.+-*/%[]").find(Peek()) == std::string_view::npos) return false;
    size = 1;
  }
  token->kind = Token::kOperator;
  token->text = source_.substr(at_, size);
  at_ += size;
  return true;
}

constexpr std::string_view kSafe = "True";
constexpr std::string_view kStrict = "False";

// clang-format off
constexpr Dialect kDialects[] = {
    {"",           Fold::kLower,          "\"",  "'",   true,  false, "",    kSafe},
    {"athena",     Fold::kLower,          "\"`", "'",   true,  true,  "",    kStrict},
    {"bigquery",   Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "#",   kSafe},
    {"clickhouse", Fold::kNone,           "\"`", "'",   true,  true,  "#",   kSafe},
    {"databricks", Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "",    kSafe},
    {"duckdb",     Fold::kLowerQuotedToo, "\"",  "'",   true,  false, "",    kSafe},
    {"fabric",     Fold::kNone,           "\"[", "'",   true,  false, "",    kSafe},
    {"hive",       Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "",    kSafe},
    {"mysql",      Fold::kNone,           "`",   "'\"", true,  true,  "#",   ""},
    {"postgres",   Fold::kLower,          "\"",  "'",   true,  false, "",    kSafe},
    {"presto",     Fold::kLowerQuotedToo, "\"",  "'",   true,  false, "",    kStrict},
    {"redshift",   Fold::kLowerQuotedToo, "\"",  "'",   true,  true,  "",    kSafe},
    {"risingwave", Fold::kLower,          "\"",  "'",   true,  false, "",    kSafe},
    {"snowflake",  Fold::kUpper,          "\"",  "'",   true,  true,  "//",  kSafe},
    {"spark",      Fold::kLowerQuotedToo, "`",   "'\"", false, true,  "",    kSafe},
    {"starrocks",  Fold::kNone,           "`",   "'\"", true,  true,  "#",   ""},
    {"trino",      Fold::kLowerQuotedToo, "\"",  "'",   true,  false, "",    kStrict},
    {"tsql",       Fold::kLowerQuotedToo, "\"[", "'",   true,  false, "",    kSafe},
};
// clang-format on

}  // namespace

bool Tokenize(std::string_view source, const Dialect& dialect, std::vector<Token>* tokens,
              std::string* problem) {
  Tokenizer tokenizer(source, dialect);
  if (tokenizer.Tokenize(tokens)) return true;
  *problem = "its text at character " + std::to_string(tokenizer.at() + 1);
  return false;
}

const Dialect* FindExpressionDialect(std::string_view name) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.name == name) return &dialect;
  }
  return nullptr;
}

bool FoldIdentifier(const Dialect& dialect, bool quoted, std::string* name) {
  if (dialect.fold == Fold::kNone || (quoted && dialect.fold != Fold::kLowerQuotedToo)) return true;
  bool upper = dialect.fold == Fold::kUpper;
  for (char& c : *name) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
    c = upper ? UpperChar(c) : LowerChar(c);
  }
  return true;
}

}  // namespace stateserver::fingerprint
