// SPDX-License-Identifier: Apache-2.0
//
// Validation errors of a record, collected and formatted as pydantic does.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::state {

// Location is the position of a value: a chain of frames on the stack, so that a valid record costs
// nothing.
struct Location {
  const Location* parent = nullptr;
  std::string_view name;  // set for a member
  int64_t index = -1;     // set for an element, if not negative

  // Returns "node.sql.query"; empty for the root.
  std::string Path() const;
};

// ValidationErrors collects the errors of one record. Not thread-safe.
class ValidationErrors {
 public:
  // Adds an error. `type` and `message` are pydantic's, for example "int_type" and "Input should be
  // a valid integer".
  void Add(const Location& where, std::string_view type, std::string_view message,
           simdjson::dom::element input);
  // Adds an error for an input that SQLMesh converted to this text before.
  void AddText(const Location& where, std::string_view type, std::string_view message,
               std::string_view input);
  // Records an error that SQLMesh raises immediately: `sentence` is the whole message.
  void Raise(const Location& where, std::string_view sentence);

  bool empty() const { return lines_.empty() && raised_.empty(); }
  void Clear();

  // Returns "2 validation errors for Snapshot\nname\n  Field required [type=...]\n...".
  std::string Message(std::string_view model) const;
  // Returns the path of the first invalid field; may be empty.
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
