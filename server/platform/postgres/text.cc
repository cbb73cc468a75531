// SPDX-License-Identifier: Apache-2.0
//
// Quoting of SQL text, and COPY's text format.

#include "server/platform/postgres/session.h"

namespace stateserver::postgres {
namespace {

std::string Quote(std::string_view text, char quote) {
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back(quote);
  for (char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

// Returns the letter after the backslash, or 0 if the byte is not escaped.
char CopyEscape(char c) {
  switch (c) {
    case '\\':
      return '\\';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    default:
      return 0;
  }
}

char CopyUnescape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return letter;
  }
}

void Unescape(std::string_view text, CopyField* field) {
  field->storage.clear();
  field->storage.reserve(text.size());
  while (!text.empty()) {
    size_t slash = text.find('\\');
    field->storage.append(text.substr(0, slash));
    if (slash == std::string_view::npos) break;
    text.remove_prefix(slash + 1);
    if (text.empty()) break;
    field->storage.push_back(CopyUnescape(text.front()));
    text.remove_prefix(1);
  }
  field->text = field->storage;
}

void SetField(std::string_view text, CopyField* field) {
  field->is_null = text == "\\N";
  field->text = field->is_null ? std::string_view() : text;
  if (!field->is_null && text.find('\\') != std::string_view::npos) Unescape(text, field);
}

}  // namespace

std::string QuoteName(std::string_view name) { return Quote(name, '"'); }

std::string QuoteLiteral(std::string_view text) {
  // Text with a backslash uses the E form, which is independent of standard_conforming_strings.
  if (text.find('\\') == std::string_view::npos) return Quote(text, '\'');
  std::string doubled;
  for (char c : text) {
    if (c == '\\') doubled.push_back('\\');
    doubled.push_back(c);
  }
  return " E" + Quote(doubled, '\'');
}

std::string ArrayLiteral(const std::vector<std::string_view>& texts) {
  std::string out = "{";
  for (std::string_view text : texts) {
    out.append(out.size() > 1 ? ",\"" : "\"");
    for (char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  return out + "}";
}

void AppendCopyField(std::string_view value, std::string* line) {
  size_t plain = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    char letter = CopyEscape(value[i]);
    if (letter == 0) continue;
    line->append(value.substr(plain, i - plain)).push_back('\\');
    line->push_back(letter);
    plain = i + 1;
  }
  line->append(value.substr(plain));
}

void AppendCopyNull(std::string* line) { line->append("\\N"); }

bool SplitCopyLine(std::string_view line, size_t count, std::vector<CopyField>* fields) {
  fields->resize(count);
  size_t field = 0;
  while (true) {
    // A tab inside a field is always escaped, so this one is a separator.
    size_t tab = line.find('\t');
    if (field == count) return false;
    SetField(line.substr(0, tab), &(*fields)[field++]);
    if (tab == std::string_view::npos) return field == count;
    line.remove_prefix(tab + 1);
  }
}

}  // namespace stateserver::postgres
