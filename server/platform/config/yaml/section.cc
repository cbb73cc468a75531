// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/yaml/section.h"

#include <charconv>

#include "common/nearest_word.h"
#include "common/text.h"
#include "server/platform/config/problems.h"
#include "server/platform/config/units.h"

namespace stateserver::config {
namespace {

int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

// Libraries, programs and system calls would read the text only up to the NUL.
constexpr char kNul[] = "must not contain a NUL character";

bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::optional<bool> ParseBool(const std::string& text) {
  std::string lower = Lower(text);
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

std::string_view KindOf(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "nothing";
  return "a single value";
}

std::string Join(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace

Section::Section(const Reading& reading, const YAML::Node& node, std::string path, int line)
    : reading_(&reading), path_(std::move(path)), line_(line) {
  Load(node, /*merged=*/false);
}

void Section::Load(const YAML::Node& node, bool merged) {
  for (const auto& pair : node) {
    if (pair.first.IsScalar() && pair.first.Scalar() == "<<") continue;
    Add(pair.first, pair.second, merged);
  }
  // Merged keys are read last, because the mapping's own keys take precedence.
  for (const auto& pair : node) {
    if (!pair.first.IsScalar() || pair.first.Scalar() != "<<") continue;
    if (merged) {
      reading_->problems->Add(LineOf(pair.first), path_, "a merged mapping cannot merge another");
    } else {
      Merge(pair.second, LineOf(pair.first));
    }
  }
}

void Section::Add(const YAML::Node& key, const YAML::Node& value, bool merged) {
  if (!key.IsScalar()) {
    reading_->problems->Add(LineOf(key), path_, "a key must be plain text");
    return;
  }
  const Member* first = Find(key.Scalar());
  if (first == nullptr) {
    positions_.emplace(key.Scalar(), entries_.size());
    entries_.push_back({key.Scalar(), LineOf(key), value});
  } else if (!merged) {
    reading_->problems->Add(LineOf(key), PathOf(key.Scalar()),
                            "given twice, first in line " + std::to_string(first->line));
  }
}

void Section::Merge(const YAML::Node& value, int line) {
  if (value.IsMap()) return Load(value, /*merged=*/true);
  if (!value.IsSequence()) {
    reading_->problems->Add(line, path_, "'<<' must be followed by a mapping");
    return;
  }
  for (const YAML::Node& item : value) {
    if (item.IsMap()) Load(item, /*merged=*/true);
  }
}

const Section::Member* Section::Find(std::string_view key) const {
  auto at = positions_.find(key);
  return at == positions_.end() ? nullptr : &entries_[at->second];
}

std::string Section::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

std::vector<std::string> Section::Keys() const {
  std::vector<std::string> keys;
  for (const Member& entry : entries_) keys.push_back(entry.key);
  return keys;
}

void Section::Complain(const std::string& key, std::string_view sentence) const {
  const Member* entry = Find(key);
  reading_->problems->Add(entry == nullptr ? line_ : entry->line, PathOf(key), sentence);
}

// Quotes the text as written in the file, because the expanded text may be a secret.
void Section::WrongValue(const std::string& key, std::string_view expected) const {
  Complain(key,
           "expected " + std::string(expected) + ", found '" + Find(key)->value.Scalar() + "'");
}

std::optional<std::string> Section::Scalar(const std::string& key) {
  known_.insert(key);
  const Member* entry = Find(key);
  if (entry == nullptr) return std::nullopt;
  if (entry->value.IsNull()) {
    Complain(key, "has no value; write '' for an empty text");
    return std::nullopt;
  }
  if (!entry->value.IsScalar()) {
    Complain(key, "expected a single value, found " + std::string(KindOf(entry->value)));
    return std::nullopt;
  }
  Expansion expansion = Expand(entry->value.Scalar(), reading_->environment);
  if (expansion.error.empty() && HasNul(expansion.text)) expansion.error = kNul;
  if (!expansion.error.empty()) {
    Complain(key, expansion.error);
    return std::nullopt;
  }
  return expansion.text;
}

void Section::Read(const std::string& key, std::string* out) {
  if (auto text = Scalar(key)) *out = *text;
}

void Section::Read(const std::string& key, std::optional<std::string>* out) {
  if (auto text = Scalar(key)) *out = *text;
}

void Section::Read(const std::string& key, Secret* out) {
  if (auto text = Scalar(key)) out->value = *text;
}

void Section::Read(const std::string& key, bool* out) {
  auto text = Scalar(key);
  if (!text) return;
  auto value = ParseBool(*text);
  if (!value) return WrongValue(key, "true or false");
  *out = *value;
}

void Section::ReadInt(const std::string& key, int min, int max, int* out) {
  auto text = Scalar(key);
  if (!text) return;
  int value = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  bool whole = error == std::errc() && end == text->data() + text->size();
  if (!whole || value < min || value > max) {
    return WrongValue(key,
                      "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  *out = value;
}

void Section::ReadSize(const std::string& key, int64_t min, int64_t max, int64_t* out) {
  auto text = Scalar(key);
  if (!text) return;
  auto value = ParseSize(*text);
  if (!value) return WrongValue(key, "a size such as 4MiB");
  if (*value < min || *value > max) {
    return WrongValue(key, "a size from " + SizeText(min) + " to " + SizeText(max));
  }
  *out = *value;
}

void Section::ReadDuration(const std::string& key, absl::Duration min, absl::Duration* out) {
  auto text = Scalar(key);
  if (!text) return;
  auto value = ParseDuration(*text);
  if (!value) return WrongValue(key, "a duration with its unit, such as 30s, 10m or 30d");
  if (*value < min) return WrongValue(key, "at least " + DurationText(min));
  *out = *value;
}

void Section::ReadOneOf(const std::string& key, const std::set<std::string>& choices,
                        std::string* out) {
  auto text = Scalar(key);
  if (!text) return;
  if (!choices.contains(*text)) return WrongValue(key, "one of " + Join(choices));
  *out = *text;
}

void Section::ReadWords(const std::string& key, std::string_view example,
                        std::vector<std::string>* out) {
  known_.insert(key);
  const Member* entry = Find(key);
  if (entry == nullptr) return;
  if (!entry->value.IsSequence() || entry->value.size() == 0) {
    return Complain(key, "expected a list of words such as " + std::string(example));
  }
  std::vector<std::string> words;
  for (const YAML::Node& item : entry->value) {
    if (!item.IsScalar() || item.Scalar().empty()) {
      return Complain(key,
                      "expected a list of words, found " + std::string(KindOf(item)) + " in it");
    }
    Expansion expansion = Expand(item.Scalar(), reading_->environment);
    if (expansion.error.empty() && HasNul(expansion.text)) expansion.error = kNul;
    if (!expansion.error.empty()) return Complain(key, expansion.error);
    words.push_back(expansion.text);
  }
  *out = std::move(words);
}

bool Section::IsText(std::string_view key) const {
  const Member* entry = Find(key);
  return entry != nullptr && entry->value.IsScalar();
}

bool Section::IsWrittenAs(std::string_view key, std::string_view text) const {
  return IsText(key) && Find(key)->value.Scalar() == text;
}

std::optional<Section> Section::ReadSection(const std::string& key) {
  known_.insert(key);
  const Member* entry = Find(key);
  if (entry == nullptr) return std::nullopt;
  if (!entry->value.IsMap()) {
    Complain(key, "expected a mapping, found " + std::string(KindOf(entry->value)));
    return std::nullopt;
  }
  return Section(*reading_, entry->value, PathOf(key), entry->line);
}

std::vector<Section> Section::ReadSections(const std::string& key) {
  known_.insert(key);
  const Member* entry = Find(key);
  std::vector<Section> sections;
  if (entry == nullptr) return sections;
  if (!entry->value.IsSequence()) {
    Complain(key, "expected a list of mappings, found " + std::string(KindOf(entry->value)));
    return sections;
  }
  for (size_t i = 0; i < entry->value.size(); ++i) {
    const YAML::Node item = entry->value[i];
    std::string path = PathOf(key) + "[" + std::to_string(i) + "]";
    if (item.IsMap()) {
      sections.emplace_back(*reading_, item, path, LineOf(item));
    } else {
      reading_->problems->Add(LineOf(item), path,
                              "expected a mapping, found " + std::string(KindOf(item)));
    }
  }
  return sections;
}

void Section::NullIsAbsent(const std::string& key) {
  known_.insert(key);
  const Member* entry = Find(key);
  if (entry == nullptr || !entry->value.IsNull()) return;
  // An assignment of a YAML::Node would change the node that the other one refers to, so nothing is
  // moved within the list.
  std::vector<Member> others;
  others.reserve(entries_.size());
  for (const Member& other : entries_) {
    if (&other != entry) others.push_back(other);
  }
  entries_.swap(others);
  positions_.clear();
  for (size_t i = 0; i < entries_.size(); ++i) positions_.emplace(entries_[i].key, i);
}

void Section::Unused(const std::string& key) {
  known_.insert(key);
  if (Has(key)) reading_->unused_keys->push_back(PathOf(key));
}

void Section::Require(const std::string& key) {
  if (!Has(key)) Complain(key, "is missing");
}

void Section::ReadRequired(const std::string& key, std::string* out) {
  Require(key);
  auto text = Scalar(key);
  if (!text) return;
  if (text->empty()) return Complain(key, "must not be empty");
  *out = *text;
}

void Section::Finish() {
  for (const Member& entry : entries_) {
    if (known_.contains(entry.key)) continue;
    std::string meant = reading_->problems->full() ? "" : NearestWord(entry.key, known_);
    std::string sentence = "unknown key";
    if (!meant.empty()) sentence += ". Did you mean '" + meant + "'?";
    Complain(entry.key, sentence);
  }
}

}  // namespace stateserver::config
