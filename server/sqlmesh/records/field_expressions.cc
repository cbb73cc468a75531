// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/field_expressions.h"

#include <optional>
#include <vector>

#include "common/depth.h"
#include "common/text.h"
#include "server/sqlmesh/records/column_types.h"
#include "server/sqlmesh/records/dialect_rules.h"

namespace stateserver::state {
namespace {

bool IsDecimalDigit(char c) { return c >= '0' && c <= '9'; }

// Argument is an argument of a call.
struct Argument {
  std::string text;  // as it is written
  char sort = 'c';   // c: an expression, k: a column, n: an integer, ' ': only the literal below
  // A word, an integer or a string as it stands, in upper case; otherwise empty.
  std::string literal;
};

// Returns the key of a call with the literal of one argument, and columns as such or as
// expressions.
std::string KeyOf(std::string_view name, const std::vector<Argument>& arguments, size_t literal,
                  bool columns) {
  std::string key = Cat(name, "(");
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) key.push_back(',');
    if (i == literal) {
      key.append(arguments[i].literal);
    } else {
      bool widened = arguments[i].sort == 'k' && !columns;
      key.push_back(widened ? 'c' : arguments[i].sort);
    }
  }
  key.push_back(')');
  return key;
}

// Returns the pattern of a rule that repeats its key: NAME($1, $2) of NAME(c,c), CAST($1 AS TYPE)
// of CAST TYPE and :: TYPE.
std::string RepeatedKey(std::string_view key) {
  std::string pattern;
  char number = '1';
  auto add_number = [&] {
    pattern.push_back('$');
    pattern.push_back(number++);
  };
  size_t space = key.find(' ');
  bool cast = space != key.npos && space < key.find('(');
  if (cast) {
    pattern.append("CAST(");
    add_number();
    pattern.append(" AS ");
    key.remove_prefix(space + 1);
  }
  for (size_t i = 0; i < key.size(); ++i) {
    char before = i > 0 ? key[i - 1] : ' ', behind = i + 1 < key.size() ? key[i + 1] : ' ';
    bool alone = (before == '(' || before == ',') && (behind == ')' || behind == ',');
    if (alone && (cast ? key[i] == '#' : key[i] == 'c' || key[i] == 'k' || key[i] == 'n')) {
      add_number();
    } else {
      pattern.push_back(key[i]);
      if (key[i] == ',') pattern.push_back(' ');
    }
  }
  if (cast) pattern.push_back(')');
  return pattern;
}

// Appends `pattern` with $1, $2, ... replaced.
void Fill(std::string_view pattern, const std::vector<std::string_view>& arguments,
          std::string* out) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '$' && i + 1 < pattern.size()) {
      size_t index = static_cast<size_t>(pattern[++i] - '1');
      if (index < arguments.size()) out->append(arguments[index]);
    } else {
      out->push_back(pattern[i]);
    }
  }
}

// FieldParser reads one text from left to right. Every reading function appends to `out` and
// returns false at the first part without a rule.
class FieldParser {
 public:
  FieldParser(const DialectRules& rules, std::string_view text) : rules_(rules), text_(text) {}

  bool Parse(std::string* out) { return Expression(out) && Peek() == '\0' && at_ == text_.size(); }

 private:
  // Returns the next character that is not a space, or NUL at the end.
  char Peek() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Consume(std::string_view token) {
    Peek();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  std::string_view Word() {
    Peek();
    size_t begin = at_;
    while (at_ < text_.size() && IsWordChar(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool Expression(std::string* out);
  bool Casted(std::string* out);
  bool Primary(std::string* out);
  bool Column(std::string* out);
  bool ColumnPart(std::string* out);
  bool Cast(std::string_view form, std::string* out);
  bool CastRule(std::string_view form, std::string_view type, std::string_view value,
                std::string* out);
  bool Call(std::string_view name, std::string* out);
  bool CallRule(std::string_view name, const std::vector<Argument>& arguments, std::string* out);
  std::optional<Argument> ReadArgument();
  bool ReadString(Argument* argument);

  const DialectRules& rules_;
  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  int composed_ = 0;  // number of parts that are not columns
};

// A chain of one operator keeps its order; other chains are not proven.
bool FieldParser::Expression(std::string* out) {
  if (++depth_ > kMostDepth || !Casted(out)) return false;
  std::string_view chain;
  while (true) {
    Peek();
    std::string_view sign = text_.substr(at_, text_.substr(at_).starts_with("||") ? 2 : 1);
    if (sign.empty() || rules_.FindExpression(sign == "||" ? "CONCAT" : sign) == nullptr) break;
    if (!chain.empty() && sign != chain) return false;
    chain = sign;
    at_ += sign.size();
    ++composed_;
    AppendTo(out, " ", sign, " ");
    if (!Casted(out)) return false;
  }
  --depth_;
  return true;
}

// Reads what binds tighter than operators: a value, and `::` with types behind it.
bool FieldParser::Casted(std::string* out) {
  std::string value;
  if (!Primary(&value)) return false;
  while (Consume("::")) {
    Peek();
    size_t begin = at_;
    if (Word().empty()) return false;
    if (at_ < text_.size() && text_[at_] == '(') at_ = text_.find(')', at_) + 1;
    if (at_ == 0) return false;
    std::string cast;
    if (!CastRule("::", text_.substr(begin, at_ - begin), value, &cast)) return false;
    value = std::move(cast);
  }
  out->append(value);
  return true;
}

bool FieldParser::Primary(std::string* out) {
  if (Consume("(")) {
    out->push_back('(');
    if (!Expression(out) || !Consume(")")) return false;
    out->push_back(')');
    return true;
  }
  char next = Peek();
  if (IsDecimalDigit(next)) {
    ++composed_;
    std::string_view number = Word();
    out->append(number);
    bool whole = number.find_first_not_of("0123456789") == number.npos;
    return whole && !(at_ < text_.size() && text_[at_] == '.');
  }
  if (!IsWordChar(next)) return Column(out);
  size_t begin = at_;
  std::string_view word = Word();
  if (Peek() == '(') {
    std::string upper = Upper(word);
    if (upper == "CAST" || upper == "TRY_CAST") return Cast(upper, out);
    return Call(word, out);
  }
  at_ = begin;
  return Column(out);
}

// Reads names with points between them.
bool FieldParser::Column(std::string* out) {
  if (!ColumnPart(out)) return false;
  while (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    out->push_back('.');
    if (!ColumnPart(out)) return false;
  }
  return true;
}

bool FieldParser::ColumnPart(std::string* out) {
  char open = Peek();
  std::string name;
  if (IsWordChar(open)) {
    std::string_view word = Word();
    if (IsDecimalDigit(open) || rules_.plain_case() == 'x' || IsSpecialWord(Upper(word)))
      return false;
    AppendInCase(rules_.plain_case(), word, &name);
    rules_.AppendQuoted(name, out);
    return true;
  }
  std::string_view quotes = rules_.identifiers();
  for (size_t i = 0; i + 1 < quotes.size(); i += 2) {
    if (quotes[i] != open) continue;
    size_t end = text_.find(open == '[' ? ']' : open, at_ + 1);
    if (end == text_.npos) return false;
    std::string_view quoted = text_.substr(at_ + 1, end - at_ - 1);
    for (char c : quoted) {
      if (!IsWordChar(c) && c != ' ' && c != '-') return false;
    }
    AppendInCase(quotes[i + 1], quoted, &name);
    rules_.AppendQuoted(name, out);
    at_ = end + 1;
    return !quoted.empty() && !(at_ < text_.size() && text_[at_] == open);
  }
  return false;
}

// Reads "(value AS type)".
bool FieldParser::Cast(std::string_view form, std::string* out) {
  std::string value;
  if (!Consume("(") || !Expression(&value) || Upper(Word()) != "AS") return false;
  Peek();
  size_t begin = at_;
  int open = 1;
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '(') ++open;
    if (text_[at_] == ')' && --open == 0) break;
  }
  if (open != 0) return false;
  return CastRule(form, text_.substr(begin, at_++ - begin), value, out);
}

bool FieldParser::CastRule(std::string_view form, std::string_view type, std::string_view value,
                           std::string* out) {
  CanonicalType canonical;
  if (!canonical.Parse(type)) return false;
  std::string key = Cat(form, " ", canonical.key());
  const std::string_view* pattern = rules_.FindExpression(key);
  if (pattern == nullptr) return false;
  ++composed_;
  Fill(pattern->empty() ? RepeatedKey(key) : *pattern,
       {value, canonical.number(0), canonical.number(1)}, out);
  return true;
}

bool FieldParser::Call(std::string_view name, std::string* out) {
  ++composed_;
  std::vector<Argument> arguments;
  if (!Consume("(")) return false;
  do {
    std::optional<Argument> argument = ReadArgument();
    if (!argument) return false;
    arguments.push_back(std::move(*argument));
  } while (Consume(","));
  return Consume(")") && (CallRule(name, arguments, out) || CallRule(Upper(name), arguments, out));
}

// Prefers the rule without literals; a rule has at most one.
bool FieldParser::CallRule(std::string_view name, const std::vector<Argument>& arguments,
                           std::string* out) {
  constexpr size_t kNone = ~size_t{0};
  for (size_t i = kNone;; ++i) {
    if (i != kNone && i >= arguments.size()) return false;
    if (i != kNone && arguments[i].literal.empty()) continue;
    std::string key = KeyOf(name, arguments, i, false);
    const std::string_view* pattern = rules_.FindExpression(key);
    if (pattern == nullptr) {
      key = KeyOf(name, arguments, i, true);
      pattern = rules_.FindExpression(key);
    }
    if (pattern == nullptr) continue;
    std::vector<std::string_view> texts;
    for (size_t k = 0; k < arguments.size(); ++k) {
      if (k != i) texts.push_back(arguments[k].text);
    }
    Fill(pattern->empty() ? RepeatedKey(key) : *pattern, texts, out);
    return true;
  }
}

std::optional<Argument> FieldParser::ReadArgument() {
  Argument argument;
  char next = Peek();
  size_t begin = at_;
  if (next == '\'') {
    if (!ReadString(&argument)) return std::nullopt;
    return argument;
  }
  if (IsWordChar(next)) {
    std::string_view word = Word();
    char behind = Peek();
    at_ = begin;
    if (behind == ',' || behind == ')') {
      argument.literal = Upper(word);
      argument.sort = IsDecimalDigit(next) ? 'n' : IsSpecialWord(argument.literal) ? ' ' : 'c';
    }
  }
  if (argument.sort == ' ') {
    Word();
    return argument;
  }
  int composed = composed_;
  if (!Expression(&argument.text)) return std::nullopt;
  if (argument.sort == 'c' && composed_ == composed) argument.sort = 'k';
  return argument;
}

// Reads a string without quotes or escapes in it.
bool FieldParser::ReadString(Argument* argument) {
  size_t end = text_.find('\'', at_ + 1);
  if (end == text_.npos) return false;
  std::string_view whole = text_.substr(at_, end + 1 - at_);
  at_ = end + 1;
  argument->sort = ' ';
  argument->literal = Upper(whole);
  bool doubled = at_ < text_.size() && text_[at_] == '\'';
  return !doubled && whole.find('\\') == whole.npos;
}

}  // namespace

bool AppendFieldExpression(const DialectRules* rules, std::string_view text, std::string* out) {
  std::string spelled;
  bool proven = rules != nullptr && FieldParser(*rules, text).Parse(&spelled);
  out->append(proven ? std::string_view(spelled) : text);
  return proven;
}

}  // namespace stateserver::state
