#include "server/state/codec/column_types.h"

#include <unordered_map>

#include "server/state/codec/column_types_table.h"

namespace stateserver::state {
namespace {

constexpr int kMaxNumbers = 2;
constexpr int kMaxDepth = 32;
// Longer types are nested ones of the user's own; no rule is that long.
constexpr size_t kMaxType = 512;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
}
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// A type text as the table's keys are written, and the numbers it held.
struct Canonical {
  char key[kMaxType];
  size_t size = 0;
  std::string_view numbers[kMaxNumbers];
  int count = 0;

  std::string_view view() const { return {key, size}; }
  bool Parse(std::string_view text);
};

// Upper case, one space between words and none elsewhere, # for a number that
// is a word of its own.
bool Canonical::Parse(std::string_view text) {
  if (text.size() >= kMaxType) return false;
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    if (IsSpace(c)) {
      while (i < text.size() && IsSpace(text[i])) ++i;
      bool between_words = size > 0 && (IsWord(key[size - 1]) || key[size - 1] == ')') &&
                           i < text.size() && IsWord(text[i]);
      if (between_words) key[size++] = ' ';
    } else if (IsDigit(c) && (size == 0 || !IsWord(key[size - 1]))) {
      size_t end = i;
      while (end < text.size() && IsDigit(text[end])) ++end;
      if (count == kMaxNumbers || (end < text.size() && IsWord(text[end]))) return false;
      numbers[count++] = text.substr(i, end - i);
      key[size++] = '#';
      i = end;
    } else {
      key[size++] = Upper(c);
      ++i;
    }
  }
  return size > 0;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// The element type of "T[]" and "ARRAY<T>", with the key that names its shape.
bool SplitNested(std::string_view type, std::string* shape, std::string_view* element) {
  if (type.ends_with("[]")) {
    *shape = "*[]";
    *element = Trim(type.substr(0, type.size() - 2));
    return !element->empty();
  }
  size_t open = type.find_first_of("<(");
  if (open == std::string_view::npos || open == 0) return false;
  char close = type[open] == '<' ? '>' : ')';
  if (type.back() != close) return false;
  shape->clear();
  for (char c : Trim(type.substr(0, open))) shape->push_back(Upper(c));
  shape->append({type[open], '*', close});
  *element = Trim(type.substr(open + 1, type.size() - open - 2));
  return !element->empty();
}

}  // namespace

class DialectRules {
 public:
  explicit DialectRules(const DialectTypes& types);

  bool AppendType(std::string_view type, int depth, std::string* out) const;
  bool AppendName(std::string_view name, std::string* out) const;
  std::string_view quote() const { return quote_; }

 private:
  bool AppendNested(std::string_view type, int depth, std::string* out) const;

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
  Canonical canonical;
  if (!canonical.Parse(type)) return AppendNested(type, depth, out);
  auto found = rules_.find(canonical.view());
  if (found == rules_.end()) return AppendNested(type, depth, out);
  std::string_view pattern = found->second.empty() ? found->first : found->second;
  int next = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '#') {
      out->append(canonical.numbers[next++]);
      if (i + 1 < pattern.size() && pattern[i + 1] == ',') {
        out->append(", ");
        ++i;
      }
    } else if (pattern[i] == '$') {
      out->append(canonical.numbers[pattern[++i] - '1']);
    } else {
      out->push_back(pattern[i]);
    }
  }
  return true;
}

bool DialectRules::AppendNested(std::string_view type, int depth, std::string* out) const {
  std::string shape;
  std::string_view element;
  if (depth >= kMaxDepth || !SplitNested(Trim(type), &shape, &element)) return false;
  auto found = rules_.find(shape);
  if (found == rules_.end()) return false;
  std::string_view pattern = found->second.empty() ? found->first : found->second;
  size_t star = pattern.find('*');
  out->append(pattern.substr(0, star));
  if (!AppendType(element, depth + 1, out)) return false;
  out->append(pattern.substr(star + 1));
  return true;
}

bool DialectRules::AppendName(std::string_view name, std::string* out) const {
  bool plain = !name.empty() && !IsDigit(name[0]);
  bool other = plain;
  for (char c : name) {
    plain = plain && IsWord(c);
    other = other && (IsWord(c) || c == ' ' || c == '-' || c == '.');
  }
  char rule = plain ? safe_case_ : other ? other_case_ : 'x';
  size_t start = out->size();
  out->append(name);
  for (size_t i = start; i < out->size(); ++i) {
    if (rule == 'l') (*out)[i] = Lower((*out)[i]);
    if (rule == 'u') (*out)[i] = Upper((*out)[i]);
  }
  return rule != 'x';
}

const DialectRules* FindDialect(std::string_view dialect) {
  static const auto* const kRules = [] {
    auto* rules = new std::unordered_map<std::string_view, DialectRules>;
    for (int i = 0; i < kDialectTypesCount; ++i) {
      rules->emplace(kDialectTypes[i].dialect, kDialectTypes[i]);
    }
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

}  // namespace stateserver::state
