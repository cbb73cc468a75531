// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a record, collected and told as pydantic tells it.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::state {

// Where a value stands: a chain of frames on the stack, so that a valid record
// costs nothing.
struct Location {
  const Location* parent = nullptr;
  std::string_view name;  // of a member
  int64_t index = -1;     // of an element, when not negative

  // "node.sql.query"; empty for the root.
  std::string Path() const;
};

// Not thread-safe.
class ValidationErrors {
 public:
  // `type` and `message` are pydantic's, for example "int_type" and "Input
  // should be a valid integer".
  void Add(const Location& where, std::string_view type, std::string_view message,
           simdjson::dom::element input);
  // The same for an input that SQLMesh turned into this text before.
  void AddText(const Location& where, std::string_view type, std::string_view message,
               std::string_view input);
  // For what SQLMesh itself raises at once: its sentence is the whole message.
  void Raise(const Location& where, std::string_view sentence);

  bool empty() const { return lines_.empty() && raised_.empty(); }
  void Clear();

  // "2 validation errors for Snapshot\nname\n  Field required [type=...]\n...".
  std::string Message(std::string_view model) const;
  // The path of the first wrong field; may be empty.
  const std::string& field() const { return field_; }

 private:
  void Remember(const Location& where);
  void AddLine(const Location& where, std::string_view type, std::string_view message,
               const std::string& repr, std::string_view input_type);

  std::vector<std::string> lines_;
  std::string raised_;
  std::string field_;
  bool has_field_ = false;
};

}  // namespace stateserver::state
