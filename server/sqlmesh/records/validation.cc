// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/validation.h"

#include "common/text.h"
#include "server/sqlmesh/records/python_repr.h"

namespace stateserver::state {
namespace {

// Further errors are only counted, because an invalid record can be invalid in every field.
constexpr size_t kMaxLines = 100;

}  // namespace

std::string Location::Path() const {
  std::string path = parent == nullptr ? std::string() : parent->Path();
  if (name.empty() && index < 0) return path;
  if (!path.empty()) path.push_back('.');
  AppendTo(&path, index >= 0 ? std::to_string(index) : std::string(name));
  return path;
}

void ValidationErrors::Remember(const Location& where) {
  if (has_field_) return;
  field_ = where.Path();
  has_field_ = true;
}

void ValidationErrors::Add(const Location& where, std::string_view type, std::string_view message,
                           simdjson::dom::element input) {
  AddLine(where, type, message, PythonRepr(input), PythonType(input));
}

void ValidationErrors::AddText(const Location& where, std::string_view type,
                               std::string_view message, std::string_view input) {
  AddLine(where, type, message, PythonRepr(input), "str");
}

void ValidationErrors::AddLine(const Location& where, std::string_view type,
                               std::string_view message, const std::string& repr,
                               std::string_view input_type) {
  Remember(where);
  if (lines_.size() >= kMaxLines) {
    lines_.emplace_back();
    return;
  }
  std::string path = where.Path();
  lines_.push_back(Cat(path, path.empty() ? "" : "\n", "  ", message, " [type=", type,
                       ", input_value=", Shortened(repr), ", input_type=", input_type, "]"));
}

void ValidationErrors::Raise(const Location& where, std::string_view sentence) {
  if (!raised_.empty()) return;
  has_field_ = false;
  Remember(where);
  raised_ = sentence;
}

void ValidationErrors::Clear() {
  lines_.clear();
  raised_.clear();
  field_.clear();
  has_field_ = false;
}

std::string ValidationErrors::Message(std::string_view model) const {
  if (!raised_.empty()) return raised_;
  std::string message =
      Cat(lines_.size(), " validation error", lines_.size() == 1 ? "" : "s", " for ", model);
  for (const std::string& line : lines_) {
    if (!line.empty()) AppendTo(&message, "\n", line);
  }
  return message;
}

}  // namespace stateserver::state
