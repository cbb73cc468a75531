// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/token_stream.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/ascii.h"
#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/limits.h"

namespace stateserver::schema {

namespace {

// The engine's reserved words, as far as they can occur in declarations.
constexpr std::array kReserved = {
    "ADD",
    "ALL",
    "ALTER",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "COLUMN",
    "CREATE",
    "CROSS",
    "CURRENT_TIMESTAMP",
    "DATABASE",
    "DEFAULT",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DROP",
    "ELSE",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FOR",
    "FROM",
    "FULL",
    "GRANT",
    "GROUP",
    "HAVING",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTERSECT",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MAXVALUE",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "PARTITION",
    "PRIMARY",
    "REPLACE",
    "REVOKE",
    "RIGHT",
    "SELECT",
    "SET",
    "SHOW",
    "TABLE",
    "THEN",
    "TO",
    "TRUE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USE",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
};

bool IsPlainName(std::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name.front()))) return false;
  return !IsReserved(name) && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c >= 0x80;
  });
}

std::string Normal(const Token& token) {
  switch (token.kind) {
    case Token::Kind::kText:
      return QuoteText(token.value, '\'');
    case Token::Kind::kQuotedName:
      return IsPlainName(token.value) ? token.value : QuoteName(token.value);
    default:
      return token.value;
  }
}

bool Is(const Token& token, std::string_view symbols) {
  return token.kind == Token::Kind::kSymbol && token.value.size() == 1 &&
         symbols.find(token.value[0]) != std::string_view::npos;
}

bool SpaceBetween(const Token& left, const Token& right) {
  // Without the space, the point would belong to the number.
  if (left.kind == Token::Kind::kNumber && Is(right, ".")) return true;
  if (right.kind == Token::Kind::kNumber && Is(left, ".")) return true;
  if (Is(right, ",).]}") || Is(left, "(.[{")) return false;
  // A call, or access to an element.
  if (Is(right, "([") && (left.IsName() || Is(left, ")]"))) return false;
  return true;
}

bool Opens(const Token& token) { return Is(token, "([{"); }

bool Closes(const Token& token) { return Is(token, ")]}"); }

}  // namespace

bool IsReserved(std::string_view word) {
  std::string upper = Upper(word);
  return std::find(kReserved.begin(), kReserved.end(), upper) != kReserved.end();
}

std::string NormalText(const Token* begin, const Token* end) {
  std::string text;
  for (const Token* token = begin; token != end; ++token) {
    if (token != begin && SpaceBetween(token[-1], *token)) text.push_back(' ');
    text.append(Normal(*token));
  }
  return text;
}

const Token& TokenStream::Peek(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& TokenStream::Consume() {
  const Token& token = Peek();
  if (token.kind != Token::Kind::kEnd) ++at_;
  return token;
}

bool TokenStream::AtEnd() const { return Finished() || IsSymbol(";"); }

bool TokenStream::IsWord(std::string_view upper, size_t ahead) const {
  const Token& token = Peek(ahead);
  return token.kind == Token::Kind::kWord && EqualIgnoringCase(token.value, upper);
}

bool TokenStream::IsSymbol(std::string_view symbol, size_t ahead) const {
  return Peek(ahead).IsSymbol(symbol);
}

bool TokenStream::ConsumeWord(std::string_view upper) {
  if (!IsWord(upper)) return false;
  ++at_;
  return true;
}

bool TokenStream::ConsumeWords(std::initializer_list<std::string_view> upper) {
  size_t ahead = 0;
  for (std::string_view word : upper) {
    if (!IsWord(word, ahead++)) return false;
  }
  at_ += ahead;
  return true;
}

bool TokenStream::ConsumeSymbol(std::string_view symbol) {
  if (!IsSymbol(symbol)) return false;
  ++at_;
  return true;
}

bool TokenStream::NeedWord(std::string_view upper) { return ConsumeWord(upper) || Fail(upper); }

bool TokenStream::NeedSymbol(std::string_view symbol) {
  return ConsumeSymbol(symbol) || Fail(Cat("`", symbol, "`"));
}

bool TokenStream::Name(std::string_view what, std::string* out) {
  const Token& token = Peek();
  bool word =
      token.kind == Token::Kind::kWord && !IsReserved(token.value) && token.value.front() != '@';
  bool quoted = token.kind == Token::Kind::kQuotedName && !token.value.empty();
  if (!word && !quoted) return Fail(what);
  if (token.value.size() > kMostNameBytes) {
    return Fail(Cat(what, " of at most ", kMostNameBytes, " bytes"));
  }
  *out = Consume().value;
  return true;
}

bool TokenStream::Text(std::string_view what, std::string* out) {
  if (Peek().kind != Token::Kind::kText) return Fail(what);
  *out = Consume().value;
  return true;
}

bool TokenStream::Integer(std::string_view what, int* out) {
  const std::string& text = Peek().value;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  if (Peek().kind != Token::Kind::kNumber || error != std::errc() ||
      end != text.data() + text.size()) {
    return Fail(what);
  }
  ++at_;
  return true;
}

bool TokenStream::Names(std::string_view what, std::vector<std::string>* out) {
  if (!NeedSymbol("(")) return false;
  do {
    if (!MayAdd(out->size(), kMostColumns, "names in a list")) return false;
    if (!Name(what, &out->emplace_back())) return false;
  } while (ConsumeSymbol(","));
  return NeedSymbol(")");
}

bool TokenStream::Expression(std::string_view what, std::initializer_list<std::string_view> stops,
                             std::string* out) {
  size_t begin = at_;
  int depth = 0;
  while (!AtEnd()) {
    const Token& token = Peek();
    if (depth == 0 && (Closes(token) || token.IsSymbol(","))) {
      break;
    }
    bool stop = depth == 0 && std::any_of(stops.begin(), stops.end(),
                                          [&](std::string_view word) { return IsWord(word); });
    if (stop) break;
    if (!MoveOver(token, &depth)) return false;
  }
  if (depth > 0) return Fail("a closing bracket");
  if (at_ == begin) return Fail(what);
  *out = NormalText(&tokens_[begin], &tokens_[begin] + (at_ - begin));
  return true;
}

bool TokenStream::NameOrCall(std::string_view what, std::string* out) {
  size_t begin = at_;
  std::string name;
  bool call = Peek().kind == Token::Kind::kWord && IsSymbol("(", 1);
  if (!call && !Name(what, &name)) return false;
  if (call) ++at_;
  int depth = 0;
  while (call && !AtEnd()) {
    if (!MoveOver(Peek(), &depth)) return false;
    if (depth == 0) break;
  }
  if (depth > 0) return Fail("a closing bracket");
  *out = NormalText(&tokens_[begin], &tokens_[begin] + (at_ - begin));
  return true;
}

bool TokenStream::Rest(std::string_view what, std::string* out) {
  size_t begin = at_;
  int depth = 0;
  while (!AtEnd()) {
    if (depth == 0 && Closes(Peek())) return Fail("the end of the query");
    if (!MoveOver(Peek(), &depth)) return false;
  }
  if (depth > 0) return Fail("a closing bracket");
  if (at_ == begin) return Fail(what);
  const Token& last = tokens_[at_ - 1];
  size_t from = tokens_[begin].offset;
  *out = sql_.substr(from, last.offset + last.source.size() - from);
  return true;
}

// Consumes the token, which may be a bracket.
bool TokenStream::MoveOver(const Token& token, int* brackets) {
  *brackets += static_cast<int>(Opens(token)) - static_cast<int>(Closes(token));
  if (*brackets + depth_ > kMostDepth) return FailTooDeep(at_);
  ++at_;
  return true;
}

bool TokenStream::MayAdd(size_t count, size_t limit, std::string_view what) {
  return count < limit || Fail(Cat("at most ", limit, " ", what));
}

bool TokenStream::FailTooDeep(size_t position) {
  return FailAt(position, Cat("at most ", kMostDepth, " levels inside one another"));
}

bool TokenStream::Fail(std::string_view expected) { return FailAt(at_, expected); }

bool TokenStream::FailAt(size_t position, std::string_view expected) {
  if (error_) return false;
  const Token& token = tokens_[position];
  std::string found = token.kind == Token::Kind::kEnd ? "the end" : Shown(token.source);
  error_ = ParseError{{source_, token.line, token.column}, found, std::string(expected)};
  return false;
}

SourcePlace TokenStream::Place() const { return {source_, Peek().line, Peek().column}; }

}  // namespace stateserver::schema
