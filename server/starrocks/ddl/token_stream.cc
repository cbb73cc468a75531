// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/token_stream.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "absl/strings/ascii.h"
#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/limits.h"

namespace stateserver::schema {

namespace {

constexpr std::string_view kIdeographicSpace = "\xE3\x80\x80";  // U+3000

constexpr std::string_view kReservedWords =
#include "server/starrocks/ddl/reserved_words.inc"
    ;

// Words that only older releases reserve.
constexpr std::array kOnceReserved = {"EXCEPT"};

bool NeedsQuotes(std::string_view word) {
  bool once = std::any_of(kOnceReserved.begin(), kOnceReserved.end(),
                          [&](std::string_view one) { return EqualIgnoringCase(word, one); });
  return once || IsReserved(word);
}

// The engine's words have letters of up to U+FFFF, and U+3000 is white space.
bool IsPlainName(std::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name.front()))) return false;
  if (name.find(kIdeographicSpace) != name.npos) return false;
  return !NeedsQuotes(name) && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || (c >= 0x80 && c < 0xF0);
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
  // The prefix of a binary text.
  bool prefix = left.kind == Token::Kind::kWord && EqualIgnoringCase(left.value, "X");
  if (prefix && right.kind == Token::Kind::kText && right.offset == left.end()) return false;
  // Without the space, the point would belong to the number.
  if (left.kind == Token::Kind::kNumber && Is(right, ".")) return true;
  if (right.kind == Token::Kind::kNumber && Is(left, ".")) return true;
  if (Is(right, ",).]}") || Is(left, "(.[{")) return false;
  // A call, or access to an element.
  if (Is(right, "([") && (left.IsName() || Is(left, ")]"))) return false;
  return true;
}

// Returns white space and comments between two tokens in a form that the engine knows: comments
// `# …` become `-- …`, and U+3000 outside of comments becomes a space.
std::string ForEngine(std::string_view between) {
  if (between.find('#') == between.npos && between.find(kIdeographicSpace) == between.npos) {
    return std::string(between);
  }
  std::string out;
  for (size_t at = 0; at < between.size();) {
    std::string_view rest = between.substr(at);
    size_t length = 1;
    if (rest.starts_with("/*")) {
      length = std::min(rest.find("*/", 2), rest.size() - 2) + 2;
    } else if (rest.starts_with("--") || rest.starts_with('#')) {
      length = std::min(rest.find_first_of("\r\n"), rest.size());
    } else if (rest.starts_with(kIdeographicSpace)) {
      length = kIdeographicSpace.size();
      rest = " ";
    }
    if (rest.starts_with('#')) {
      AppendTo(&out, "--", rest.substr(1, length - 1));
    } else {
      out.append(rest.substr(0, length));
    }
    at += length;
  }
  return out;
}

bool Opens(const Token& token) { return Is(token, "([{"); }

bool Closes(const Token& token) { return Is(token, ")]}"); }

}  // namespace

bool IsReserved(std::string_view word) {
  static const std::set<std::string_view> kWords = [] {
    std::set<std::string_view> words;
    for (std::string_view rest = kReservedWords; !rest.empty();) {
      size_t space = rest.find(' ');
      words.insert(rest.substr(0, space));
      rest.remove_prefix(space + 1);
    }
    return words;
  }();
  return kWords.contains(Upper(word));
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
  bool word = token.kind == Token::Kind::kWord && token.value.front() != '@';
  bool quoted = token.kind == Token::Kind::kQuotedName && !token.value.empty();
  if (!word && !quoted) return Fail(what);
  if (word && IsReserved(token.value)) {
    return Fail(Cat(what, "; a reserved word needs backticks"));
  }
  if (token.value.size() > kMostNameBytes) {
    return Fail(Cat(what, " of at most ", kMostNameBytes, " bytes"));
  }
  *out = Consume().value;
  return true;
}

bool TokenStream::Word(std::string_view what, std::string* out) {
  const Token& token = Peek();
  bool word = token.kind == Token::Kind::kWord && token.value.front() != '@';
  if (!word || token.value.size() > kMostNameBytes) return Fail(what);
  *out = Upper(Consume().value);
  return true;
}

bool TokenStream::Text(std::string_view what, std::string* out) {
  if (Peek().kind != Token::Kind::kText) return Fail(what);
  *out = Consume().value;
  return true;
}

bool TokenStream::Source(size_t count, std::string_view what, std::string* out) {
  if (AtEnd()) return Fail(what);
  const Token& last = Peek(count - 1);
  size_t begin = Peek().offset, size = last.end() - begin;
  if (size > kMostNameBytes) return Fail(Cat(what, " of at most ", kMostNameBytes, " bytes"));
  *out = sql_.substr(begin, size);
  for (size_t i = 0; i < count; ++i) Consume();
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
  out->clear();
  for (size_t at = begin; at < at_; ++at) {
    const Token& token = tokens_[at];
    size_t end = at == begin ? token.offset : tokens_[at - 1].end();
    AppendTo(out, ForEngine(sql_.substr(end, token.offset - end)), token.source);
  }
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
