// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/column_types.h"

#include <unordered_map>
#include <unordered_set>

#include "common/depth.h"

namespace stateserver::state {

namespace {

// How each dialect respells column types and names, as data. The table is made
// by running SQLMesh (tests/compat/column_types_proof.py).
struct DialectTypes {
  const char* dialect;
  // What becomes of a column name: l lower case, u upper case, n unchanged,
  // x not proven. `safe_case` is for plain identifiers, `other_case` for names
  // that also hold spaces, '-' or '.'.
  char safe_case;
  char other_case;
  const char* quote;  // opening identifier quote
  // "KEY=PATTERN|KEY|...": KEY in upper case with # for each number and * for
  // a part's type, x for the name of a structure's field; PATTERN with $1, $2, x
  // and *. Without a pattern the spelling is KEY itself, with ", " between the
  // numbers. A PATTERN that begins with ! is an exception to a rule with *, good
  // for a whole type only, and !? one that is not proven.
  const char* rules;
};

// kDialectTypes, and kReservedFieldNames: words that some dialect does not take for the name of a
// field, "all|any|...".
#include "server/sqlmesh/records/column_types_table.inc"

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool IsReservedFieldName(std::string_view name) {
  static const auto* const kReserved = [] {
    auto* words = new std::unordered_set<std::string_view>;
    std::string_view text = kReservedFieldNames;
    for (size_t end; (end = text.find('|')) != text.npos; text.remove_prefix(end + 1)) {
      words->insert(text.substr(0, end));
    }
    return words;
  }();
  std::string lower(name);
  for (char& c : lower) c = Lower(c);
  return kReserved->contains(lower);
}

}  // namespace

class DialectRules {
 public:
  explicit DialectRules(const DialectTypes& types);

  bool AppendType(std::string_view type, int depth, std::string* out) const;
  bool AppendName(std::string_view name, std::string* out) const;
  std::string_view quote() const { return quote_; }

 private:
  // The pattern of a key, or an empty text.
  std::string_view Pattern(std::string_view key) const;
  bool AppendNested(std::string_view type, int depth, std::string* out) const;
  bool AppendParts(std::string_view pattern, const NestedType& nested, int depth,
                   std::string* out) const;

  bool identity_;
  char safe_case_;
  char other_case_;
  std::string_view quote_;
  // Views of the table's text. A rule without a pattern has an empty one.
  std::unordered_map<std::string_view, std::string_view> rules_;
};

DialectRules::DialectRules(const DialectTypes& types)
    : identity_(types.dialect[0] == '\0'),
      safe_case_(types.safe_case),
      other_case_(types.other_case),
      quote_(types.quote) {
  std::string_view text = types.rules;
  while (!text.empty()) {
    size_t end = text.find('|');
    std::string_view rule = text.substr(0, end);
    size_t equals = rule.find('=');
    rules_.emplace(rule.substr(0, equals),
                   equals == rule.npos ? std::string_view() : rule.substr(equals + 1));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

bool DialectRules::AppendType(std::string_view type, int depth, std::string* out) const {
  if (identity_) {
    out->append(type);
    return true;
  }
  CanonicalType canonical;
  std::string_view pattern;
  if (canonical.Parse(type)) pattern = Pattern(canonical.key());
  if (pattern.empty()) return AppendNested(type, depth, out);
  if (pattern.starts_with('!')) {
    if (depth > 0 || pattern == "!?") return false;
    pattern.remove_prefix(1);
  }
  int next = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '#') {
      out->append(canonical.number(next++));
      if (i + 1 < pattern.size() && pattern[i + 1] == ',') {
        out->append(", ");
        ++i;
      }
    } else if (pattern[i] == '$') {
      out->append(canonical.number(pattern[++i] - '1'));
    } else {
      out->push_back(pattern[i]);
    }
  }
  return true;
}

std::string_view DialectRules::Pattern(std::string_view key) const {
  auto found = rules_.find(key);
  if (found == rules_.end()) return {};
  return found->second.empty() ? found->first : found->second;
}

bool DialectRules::AppendNested(std::string_view type, int depth, std::string* out) const {
  NestedType nested;
  if (depth >= kMostDepth || !nested.Parse(type)) return false;
  std::string_view pattern = Pattern(nested.shape);
  return !pattern.empty() && AppendParts(pattern, nested, depth, out);
}

// "MAP<*, *>" and "ROW(x *)": what stands before the first part, between a
// field's name and its type, and after the last part.
bool DialectRules::AppendParts(std::string_view pattern, const NestedType& nested, int depth,
                               std::string* out) const {
  size_t first = pattern.find(nested.has_names ? 'x' : '*');
  size_t last = pattern.rfind('*');
  std::string_view between =
      nested.has_names ? pattern.substr(first + 1, last - first - 1) : std::string_view();
  out->append(pattern.substr(0, first));
  bool more = false;
  for (const auto& [name, type] : nested.parts) {
    if (more) out->append(", ");
    more = true;
    if (nested.has_names && IsReservedFieldName(name)) return false;
    out->append(name);
    out->append(between);
    if (!AppendType(type, depth + 1, out)) return false;
  }
  out->append(pattern.substr(last + 1));
  return true;
}

bool DialectRules::AppendName(std::string_view name, std::string* out) const {
  bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9');
  bool other = plain;
  for (char c : name) {
    plain = plain && IsWordChar(c);
    other = other && (IsWordChar(c) || c == ' ' || c == '-' || c == '.');
  }
  char rule = plain ? safe_case_ : other ? other_case_ : 'x';
  size_t start = out->size();
  out->append(name);
  for (size_t i = start; i < out->size(); ++i) {
    if (rule == 'l') (*out)[i] = Lower((*out)[i]);
    if (rule == 'u') (*out)[i] = UpperChar((*out)[i]);
  }
  return rule != 'x';
}

const DialectRules* FindDialect(std::string_view dialect) {
  static const auto* const kRules = [] {
    auto* rules = new std::unordered_map<std::string_view, DialectRules>;
    for (const DialectTypes& types : kDialectTypes) rules->emplace(types.dialect, types);
    rules->emplace("", DialectTypes{"", 'l', 'x', "\"", ""});
    return rules;
  }();
  auto found = kRules->find(dialect);
  return found == kRules->end() ? nullptr : &found->second;
}

bool AppendColumnType(const DialectRules* rules, std::string_view type, std::string* out) {
  size_t start = out->size();
  if (rules != nullptr && rules->AppendType(type, 0, out)) return true;
  out->resize(start);
  out->append(type);
  return false;
}

bool AppendColumnName(const DialectRules* rules, std::string_view name, std::string* out) {
  if (rules != nullptr) return rules->AppendName(name, out);
  out->append(name);
  return false;
}

void AppendQuotedColumn(const DialectRules* rules, std::string_view name, std::string* out) {
  std::string_view quote = rules == nullptr ? "\"" : rules->quote();
  out->append(quote);
  AppendColumnName(rules, name, out);
  out->append(quote == "[" ? "]" : quote);
}

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// The end of the part that `text` begins with: a comma outside brackets.
size_t PartEnd(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '(' || c == '<' || c == '[') ++depth;
    if (c == ')' || c == '>' || c == ']') --depth;
    if (c == ',' && depth == 0) return i;
  }
  return text.size();
}

size_t WordEnd(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && IsWordChar(text[end])) ++end;
  return end;
}

}  // namespace

bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
}

char UpperChar(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool CanonicalType::Parse(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (size_ + 2 > kMaxKey) return false;
    char c = text[i];
    if (IsSpace(c)) {
      while (i < text.size() && IsSpace(text[i])) ++i;
      bool between_words = size_ > 0 && (IsWordChar(key_[size_ - 1]) || key_[size_ - 1] == ')') &&
                           i < text.size() && IsWordChar(text[i]);
      if (between_words) key_[size_++] = ' ';
    } else if (IsDigit(c) && (size_ == 0 || !IsWordChar(key_[size_ - 1]))) {
      if (!AddNumber(text, &i)) return false;
    } else {
      key_[size_++] = UpperChar(c);
      ++i;
    }
  }
  return size_ > 0;
}

bool CanonicalType::AddNumber(std::string_view text, size_t* at) {
  size_t end = *at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  bool is_word = end < text.size() && IsWordChar(text[end]);
  if (count_ == kMaxNumbers || is_word) return false;
  numbers_[count_++] = text.substr(*at, end - *at);
  key_[size_++] = '#';
  *at = end;
  return true;
}

bool NestedType::Parse(std::string_view type) {
  type = Trim(type);
  if (type.ends_with("[]")) {
    shape = "*[]";
    parts.emplace_back(std::string_view(), Trim(type.substr(0, type.size() - 2)));
    return !parts[0].second.empty();
  }
  size_t word = WordEnd(type);
  if (word == 0 || word + 2 >= type.size()) return false;
  char open = type[word];
  char close = open == '<' ? '>' : ')';
  if ((open != '<' && open != '(') || type.back() != close) return false;
  for (char c : type.substr(0, word)) shape.push_back(UpperChar(c));
  shape.push_back(open);
  std::string_view inner = type.substr(word + 1, type.size() - word - 2);
  bool first = true;
  while (!inner.empty()) {
    size_t end = PartEnd(inner);
    if (!ParsePart(Trim(inner.substr(0, end)), first)) return false;
    first = false;
    inner.remove_prefix(end == inner.size() ? end : end + 1);
  }
  shape.push_back(close);
  return !parts.empty();
}

// A word and then a blank or a colon is a field with its name, in structures.
bool NestedType::ParsePart(std::string_view text, bool first) {
  size_t word = WordEnd(text);
  std::string_view type = Trim(text.substr(word));
  bool colon = type.starts_with(':');
  bool named = word > 0 && !type.empty() && (colon || IsWordChar(type[0]));
  bool structure = !shape.starts_with("ARRAY") && !shape.starts_with("MAP") &&
                   !shape.starts_with("NULLABLE") && !shape.starts_with("LIST");
  named = named && structure;
  if (first) {
    has_names = named;
    shape.append(named ? colon ? "x: *" : "x *" : "*");
  } else {
    if (named != has_names) return false;
    if (!named) shape.append(",*");
  }
  if (!named) {
    parts.emplace_back(std::string_view(), text);
    return !text.empty();
  }
  if (colon != (shape.find(':') != std::string::npos)) return false;
  if (colon) type = Trim(type.substr(1));
  parts.emplace_back(text.substr(0, word), type);
  return true;
}

}  // namespace stateserver::state
