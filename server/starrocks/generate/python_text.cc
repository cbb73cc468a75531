// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/generate/python_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "common/text.h"

namespace stateserver::schema {
namespace {

// Python's keywords, and names that the module or SQLAlchemy uses itself.
constexpr auto kReserved =
    std::to_array<std::string_view>({"False",    "None",     "True",
                                     "and",      "as",       "assert",
                                     "async",    "await",    "break",
                                     "class",    "continue", "def",
                                     "del",      "elif",     "else",
                                     "except",   "finally",  "for",
                                     "from",     "global",   "if",
                                     "import",   "in",       "is",
                                     "lambda",   "nonlocal", "not",
                                     "or",       "pass",     "raise",
                                     "return",   "try",      "while",
                                     "with",     "yield",    "Base",
                                     "Column",   "Computed", "MaterializedView",
                                     "Table",    "View",     "metadata",
                                     "registry", "text"});

void AppendEscaped(std::string* out, char c) {
  constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '\\':
      out->append("\\\\");
      return;
    case '"':
      out->append("\\\"");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      break;
  }
  auto byte = static_cast<unsigned char>(c);
  if (byte < ' ' || byte == 0x7f) {
    AppendTo(out, "\\x", kDigits[byte >> 4], kDigits[byte & 15]);
  } else {
    out->push_back(c);
  }
}

}  // namespace

std::string PythonText(std::string_view text) {
  std::string out = "\"";
  for (char c : text) AppendEscaped(&out, c);
  return out + "\"";
}

std::string PythonLongText(std::string_view text) {
  if (text.find('\n') == text.npos) return PythonText(text);
  std::string out = "\"\"\"";
  for (char c : text) {
    if (c == '\n') {
      out.push_back(c);
    } else {
      AppendEscaped(&out, c);
    }
  }
  return out + "\"\"\"";
}

std::string PythonSqlText(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == ':' || c == '\\') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return PythonText(escaped);
}

std::string PythonNames::Unique(std::string name) {
  bool reserved = std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
  if (reserved) name.push_back('_');
  int& number = numbers_.try_emplace(name, 1).first->second;
  std::string unique = name;
  while (!taken_.insert(unique).second) unique = Cat(name, "_", ++number);
  return unique;
}

std::string PythonNames::ClassFor(std::string_view name) {
  std::string out;
  bool upper = true;
  for (char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      upper = true;
      continue;
    }
    out.push_back(upper ? UpperChar(c) : c);
    upper = false;
  }
  if (out.empty() || absl::ascii_isdigit(static_cast<unsigned char>(out[0]))) out = "Table" + out;
  return Unique(out);
}

std::string PythonNames::VariableFor(std::string_view name) {
  std::string out;
  for (char c : name) {
    out.push_back(absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_');
  }
  // Two leading underscores have a meaning in classes.
  if (out.empty() || absl::ascii_isdigit(static_cast<unsigned char>(out[0])) ||
      out.starts_with("__")) {
    out = "c_" + out;
  }
  return Unique(out);
}

}  // namespace stateserver::schema
