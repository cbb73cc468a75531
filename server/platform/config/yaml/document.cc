// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/document.h"

#include <regex>
#include <sstream>

namespace stateserver::config {
namespace {

// yaml-cpp accepts a quoted text that is truncated by the end of the file, but not one truncated by
// this marker.
constexpr char kEndOfDocument[] = "\n...\n";

// Matches key: {{ … }} rest   # comment
const std::regex& UnquotedTemplate() {
  static const std::regex pattern(R"(^(\s*(?:- )*[\w.-]+:\s+)(\{\{.*\}\}[^#]*?)(\s+#.*)?\s*$)");
  return pattern;
}

std::string SingleQuoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// YAML parses an unquoted {{ … }} as a mapping inside a mapping, which is never valid in a
// configuration. Quoting it therefore changes no valid file.
std::string QuoteTemplates(const std::string& text) {
  if (text.find("{{") == std::string::npos) return text;
  std::istringstream lines(text);
  std::string out;
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("{{") != std::string::npos && std::regex_match(line, match, UnquotedTemplate())) {
      line = match[1].str() + SingleQuoted(match[2].str()) + match[3].str();
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::optional<YAML::Node> ParseDocument(const std::string& text, Problems* problems) {
  std::vector<YAML::Node> documents;
  try {
    documents = YAML::LoadAll(QuoteTemplates(text) + kEndOfDocument);
  } catch (const YAML::Exception& error) {
    problems->Add(error.mark.line + 1, "", "is not valid YAML: " + error.msg);
    return std::nullopt;
  }
  if (documents.empty() || documents[0].IsNull()) {
    problems->Add(0, "", "is empty; it needs at least a gateways block");
    return std::nullopt;
  }
  if (documents.size() > 1) {
    problems->Add(documents[1].Mark().line + 1, "", "holds a second YAML document");
    return std::nullopt;
  }
  if (!documents[0].IsMap()) {
    problems->Add(documents[0].Mark().line + 1, "", "expected a mapping of keys to values");
    return std::nullopt;
  }
  return documents[0];
}

}  // namespace stateserver::config
