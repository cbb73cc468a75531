// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/column_type_text.h"

namespace stateserver::state {
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
