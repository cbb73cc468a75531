// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/draft.h"

#include <algorithm>

#include "common/json/restyler.h"
#include "common/json/text.h"

namespace stateserver::migrations {
namespace {

bool IsJsonSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

const char* SkipSpace(const char* p, const char* end) {
  while (p != end && IsJsonSpace(*p)) ++p;
  return p;
}

// `p` is at the opening quote. Returns the position after the closing one.
const char* SkipString(const char* p, const char* end) {
  ++p;
  while (true) {
    p = json::FindStringSpecial<json::StopAt::kControl>(p, end);
    if (p == end || *p == '"') break;
    p = std::min(p + 2, end);  // a backslash and what it escapes
  }
  return p == end ? end : p + 1;
}

// Returns the position after the value that begins at `p`. The text must be valid JSON.
const char* SkipValue(const char* p, const char* end) {
  int depth = 0;
  while (p != end) {
    if (*p == '"') {
      p = SkipString(p, end);
      if (depth == 0) return p;
      continue;
    }
    if (*p == '{' || *p == '[') {
      ++depth;
    } else if (*p == '}' || *p == ']') {
      if (depth == 0) return p;
      if (--depth == 0) return p + 1;
    } else if (depth == 0 && (*p == ',' || IsJsonSpace(*p))) {
      return p;
    }
    ++p;
  }
  return p;
}

std::string_view View(const char* begin, const char* end) {
  return std::string_view(begin, static_cast<size_t>(end - begin));
}

// Returns a JSON string's characters; `quoted` includes its quotes.
std::string Characters(std::string_view quoted) {
  std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  std::string out;
  json::AppendUnescaped(inside, &out);
  return out;
}

bool IsZero(std::string_view number) {
  return number.substr(0, number.find_first_of("eE")).find_first_of("123456789") ==
         std::string_view::npos;
}

}  // namespace

Draft::Draft(std::string_view raw) : raw_(raw) {}
Draft::Draft(Draft&&) noexcept = default;
Draft& Draft::operator=(Draft&&) noexcept = default;
Draft::~Draft() = default;

bool Draft::Truthy() {
  if (IsObject()) return !members().empty();
  if (IsArray()) return !items().empty();
  if (IsString()) return raw_.size() > 2;
  if (raw_ == "true") return true;
  if (raw_ == "false" || IsNull()) return false;
  return !IsZero(raw_);
}

std::string Draft::Text() const { return IsString() ? Characters(raw_) : ""; }

void Draft::Open() {
  if (opened_) return;
  opened_ = true;
  if (IsObject()) OpenObject();
  if (IsArray()) OpenArray();
}

void Draft::OpenObject() {
  const char* end = raw_.data() + raw_.size() - 1;
  const char* p = SkipSpace(raw_.data() + 1, end);
  while (p < end) {
    const char* key = p;
    p = SkipString(p, end);
    std::string_view raw_key = View(key, p);
    p = SkipSpace(p, end);
    p = SkipSpace(p + 1, end);  // the colon
    const char* value = p;
    p = SkipValue(p, end);
    std::string name = Characters(raw_key);
    auto same = std::find_if(members_.begin(), members_.end(),
                             [&](const Member& member) { return member.key == name; });
    if (same != members_.end()) {
      same->value = Draft(View(value, p));
    } else {
      members_.push_back(Member{raw_key, std::move(name), Draft(View(value, p))});
    }
    p = SkipSpace(p, end);
    if (p < end) p = SkipSpace(p + 1, end);  // the comma
  }
}

void Draft::OpenArray() {
  const char* end = raw_.data() + raw_.size() - 1;
  const char* p = SkipSpace(raw_.data() + 1, end);
  while (p < end) {
    const char* value = p;
    p = SkipValue(p, end);
    items_.emplace_back(View(value, p));
    p = SkipSpace(p, end);
    if (p < end) p = SkipSpace(p + 1, end);
  }
}

std::vector<Draft::Member>& Draft::members() {
  Open();
  return members_;
}

std::vector<Draft>& Draft::items() {
  Open();
  return items_;
}

Draft* Draft::Find(std::string_view key) {
  for (Member& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Draft* Draft::FindTruthy(std::string_view key) {
  Draft* value = Find(key);
  return value != nullptr && value->Truthy() ? value : nullptr;
}

void Draft::Become(std::string json) {
  own_ = std::make_unique<const std::string>(std::move(json));
  raw_ = *own_;
  members_.clear();
  items_.clear();
  opened_ = false;
  changed_ = true;
}

void Draft::Set(std::string_view key, std::string json) {
  Draft* there = Find(key);
  if (there == nullptr) {
    members_.push_back(Member{{}, std::string(key), Draft("null")});
    there = &members_.back().value;
  }
  there->Become(std::move(json));
}

void Draft::SetText(std::string_view key, std::string_view text) { Set(key, Quoted(text)); }

bool Draft::Remove(std::string_view key) {
  size_t before = members().size();
  std::erase_if(members_, [&](const Member& member) { return member.key == key; });
  if (members_.size() == before) return false;
  changed_ = true;
  return true;
}

bool Draft::Changed() const {
  if (changed_) return true;
  for (const Member& member : members_) {
    if (member.value.Changed()) return true;
  }
  return std::any_of(items_.begin(), items_.end(),
                     [](const Draft& item) { return item.Changed(); });
}

void Draft::Write(bool spaced, std::string* out) const {
  if (!opened_ || !Changed() || (!IsObject() && !IsArray())) {
    out->append(raw_);
    return;
  }
  const std::string_view comma = spaced ? ", " : ",";
  const std::string_view colon = spaced ? ": " : ":";
  std::string_view separator;
  out->push_back(raw_.front());
  for (const Member& member : members_) {
    out->append(separator);
    separator = comma;
    out->append(member.raw_key.empty() ? Quoted(member.key) : std::string(member.raw_key));
    out->append(colon);
    member.value.Write(spaced, out);
  }
  for (const Draft& item : items_) {
    out->append(separator);
    separator = comma;
    item.Write(spaced, out);
  }
  out->push_back(raw_.back());
}

bool IsSpaced(std::string_view json) {
  bool in_string = false;
  for (size_t i = 0; i + 1 < json.size(); ++i) {
    if (json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (json[i] == ':' || json[i] == ',')) {
      return IsJsonSpace(json[i + 1]);
    }
  }
  return false;
}

std::string Quoted(std::string_view text) {
  std::string out;
  json::AppendQuoted(text, json::Charset::kAscii, &out);
  return out;
}

}  // namespace stateserver::migrations
