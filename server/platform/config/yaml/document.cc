// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/document.h"

#include <yaml-cpp/eventhandler.h>

#include <cstddef>
#include <sstream>
#include <string_view>
#include <vector>

#include "common/depth.h"
#include "common/text.h"

namespace stateserver::config {
namespace {

// yaml-cpp accepts a quoted text that is truncated by the end of the file, but not one truncated by
// this marker.
constexpr char kEndOfDocument[] = "\n...\n";

bool IsSpace(char c) { return kAsciiSpace.find(c) != std::string_view::npos; }

bool IsKeyChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

size_t SkipSpace(std::string_view line, size_t at) {
  while (at < line.size() && IsSpace(line[at])) ++at;
  return at;
}

// Returns where the value begins in a line such as "  - key: value", or npos for any other line.
size_t ValueStart(std::string_view line) {
  size_t at = SkipSpace(line, 0);
  while (line.substr(at, 2) == "- ") at += 2;
  size_t key = at;
  while (at < line.size() && IsKeyChar(line[at])) ++at;
  if (at == key || at == line.size() || line[at] != ':') return std::string_view::npos;
  size_t value = SkipSpace(line, at + 1);
  return value == at + 1 ? std::string_view::npos : value;
}

// Returns where the template that begins at `start` ends: at the end of the line or before a
// comment. Returns npos if nothing closes it.
size_t TemplateEnd(std::string_view line, size_t start) {
  size_t close = line.rfind("}}");
  if (close == std::string_view::npos || close < start + 2) return std::string_view::npos;
  // A '#' inside the braces is text. A later one begins a comment if a space precedes it.
  size_t hash = line.find('#', close + 2);
  if (hash == std::string_view::npos) return line.size();
  return IsSpace(line[hash - 1]) ? hash : std::string_view::npos;
}

std::string SingleQuoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

// Quotes the value of a line "key: {{ ... }} rest   # comment". Returns any other line unchanged.
// Takes time proportional to the length of the line.
std::string QuoteTemplate(const std::string& line) {
  size_t start = ValueStart(line);
  if (start == std::string::npos || !std::string_view(line).substr(start).starts_with("{{")) {
    return line;
  }
  size_t end = TemplateEnd(line, start);
  if (end == std::string::npos) return line;
  std::string_view value = std::string_view(line).substr(start, end - start);
  std::string_view trimmed = Trim(value);
  std::string out = line.substr(0, start) + SingleQuoted(trimmed);
  return end == line.size() ? out : out + " " + line.substr(end);
}

// YAML parses an unquoted {{ … }} as a mapping inside a mapping, which is never valid in a
// configuration. Quoting it therefore changes no valid file.
std::string QuoteTemplates(const std::string& text) {
  if (text.find("{{") == std::string::npos) return text;
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += QuoteTemplate(line) + "\n";
  return out;
}

// ExpandedSize counts what a document contains once every alias is replaced by what it stands for.
// A file of a few hundred bytes can stand for gigabytes ("billion laughs").
class ExpandedSize {
 public:
  // Returns false once the document is too large, or nested too deeply, as it is if an alias stands
  // for a mapping that contains the alias.
  bool Add(const YAML::Node& node) {
    DepthGuard guard(&depth_);
    if (guard.TooDeep() || ++values_ > kMaxValues) return false;
    if (node.IsScalar()) bytes_ += node.Scalar().size();
    if (bytes_ > kMaxBytes) return false;
    if (!node.IsMap() && !node.IsSequence()) return true;
    for (const auto& child : node) {
      if (node.IsSequence() ? !Add(child) : !Add(child.first) || !Add(child.second)) return false;
    }
    return true;
  }

 private:
  static constexpr size_t kMaxValues = 500'000;
  static constexpr size_t kMaxBytes = size_t{16} << 20;

  int depth_ = 0;
  size_t values_ = 0;
  size_t bytes_ = 0;
};

// DocumentStarts records where each document of a text begins.
class DocumentStarts : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { starts_.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  const std::vector<YAML::Mark>& starts() const { return starts_; }
  // Returns true if a document began where the one before it did.
  bool stuck() const {
    return starts_.size() > 1 && starts_.back().pos == starts_[starts_.size() - 2].pos;
  }

 private:
  std::vector<YAML::Mark> starts_;
};

// Returns the beginnings of the first documents, at most three of them. yaml-cpp does not move past
// a comma outside of brackets: it finds an empty document there again and again, without end.
DocumentStarts FindDocuments(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStarts found;
  while (found.starts().size() < 3 && !found.stuck() && parser.HandleNextDocument(found)) {
  }
  return found;
}

}  // namespace

std::optional<YAML::Node> ParseDocument(const std::string& text, Problems* problems) {
  DocumentStarts found;
  YAML::Node document;
  try {
    const std::string quoted = QuoteTemplates(text) + kEndOfDocument;
    found = FindDocuments(quoted);
    if (!found.stuck()) document = YAML::Load(quoted);
  } catch (const YAML::Exception& error) {
    problems->Add(error.mark.line + 1, "", "is not valid YAML: " + error.msg);
    return std::nullopt;
  }
  if (found.stuck()) {
    problems->Add(found.starts().back().line + 1, "",
                  "is not valid YAML: text that belongs to no mapping, such as a comma");
    return std::nullopt;
  }
  if (document.IsNull()) {
    problems->Add(0, "", "is empty; it needs at least a gateways block");
    return std::nullopt;
  }
  if (found.starts().size() > 1) {
    problems->Add(found.starts()[1].line + 1, "", "holds a second YAML document");
    return std::nullopt;
  }
  if (!document.IsMap()) {
    problems->Add(document.Mark().line + 1, "", "expected a mapping of keys to values");
    return std::nullopt;
  }
  if (!ExpandedSize().Add(document)) {
    problems->Add(0, "",
                  "contains more than 500,000 values or 16 MiB of text after its aliases are "
                  "expanded, or is nested more than 256 levels deep");
    return std::nullopt;
  }
  return document;
}

}  // namespace stateserver::config
