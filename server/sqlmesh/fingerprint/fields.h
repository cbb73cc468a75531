// SPDX-License-Identifier: Apache-2.0
//
// Typed access to the members of a JSON object, as SQLMesh stores them.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stateserver::fingerprint {

// Unsupported records the first part of a node that no proven rule covers.
class Unsupported {
 public:
  // Records the phrase unless one is recorded already. Returns false, so that a function can return
  // the call's result.
  bool Note(std::string phrase) {
    if (phrase_.empty()) phrase_ = std::move(phrase);
    return false;
  }
  bool any() const { return !phrase_.empty(); }
  const std::string& phrase() const { return phrase_; }

 private:
  std::string phrase_;
};

simdjson::dom::object EmptyObject();

// Fields reads members by name. A member of another type is recorded as unsupported. `null` counts
// as absent.
class Fields {
 public:
  Fields(simdjson::dom::object object, std::string_view where, Unsupported* unsupported)
      : object_(object), where_(where), unsupported_(unsupported) {}

  std::optional<simdjson::dom::element> Find(std::string_view name) const;
  std::optional<std::string_view> Text(std::string_view name) const;
  std::string_view TextOr(std::string_view name, std::string_view absent) const;
  std::optional<bool> Boolean(std::string_view name) const;
  std::string_view BooleanOr(std::string_view name, bool absent) const;  // "True", "False"
  std::optional<int64_t> Integer(std::string_view name) const;
  std::vector<std::string_view> Texts(std::string_view name) const;
  // Return an empty container if the member is absent.
  simdjson::dom::object Object(std::string_view name) const;
  simdjson::dom::array Array(std::string_view name) const;
  // Returns an SQL text: the string, or the object's "sql".
  std::string_view Sql(std::string_view name) const;
  std::vector<std::string_view> SqlList(std::string_view name) const;

  // Records that the member has an unsupported value.
  void Refuse(std::string_view name) const;
  Unsupported* unsupported() const { return unsupported_; }
  simdjson::dom::object object() const { return object_; }

 private:
  std::string_view SqlOf(simdjson::dom::element value, std::string_view name) const;

  simdjson::dom::object object_;
  std::string_view where_;
  Unsupported* unsupported_;
};

}  // namespace stateserver::fingerprint
