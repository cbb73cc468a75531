// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/column_types.h"

#include <unordered_map>
#include <unordered_set>

#include "common/depth.h"
#include "server/sqlmesh/records/column_type_text.h"
#include "server/sqlmesh/records/column_types_table.h"

namespace stateserver::state {
namespace {

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
