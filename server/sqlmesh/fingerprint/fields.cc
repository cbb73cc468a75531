// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/fields.h"

#include "common/text.h"

namespace stateserver::fingerprint {

using simdjson::SUCCESS;
using simdjson::dom::element;

namespace {

// Empty holds an empty object and array, because simdjson's default-constructed containers must not
// be accessed.
struct Empty {
  Empty() {
    object = parser_of_object.parse(std::string_view("{}")).value();
    array = parser_of_array.parse(std::string_view("[]")).value();
  }
  simdjson::dom::parser parser_of_object;
  simdjson::dom::parser parser_of_array;
  simdjson::dom::object object;
  simdjson::dom::array array;
};

const Empty& TheEmpty() {
  static const auto* const kEmpty = new Empty;
  return *kEmpty;
}

}  // namespace

simdjson::dom::object EmptyObject() { return TheEmpty().object; }

std::optional<element> Fields::Find(std::string_view name) const {
  element value;
  if (object_.at_key(name).get(value) != SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

void Fields::Refuse(std::string_view name) const {
  unsupported_->Note(Cat("the form of ", where_, ".", name));
}

std::optional<std::string_view> Fields::Text(std::string_view name) const {
  auto value = Find(name);
  if (!value) return std::nullopt;
  std::string_view text;
  if (value->get(text) != SUCCESS) Refuse(name);
  return text;
}

std::string_view Fields::TextOr(std::string_view name, std::string_view absent) const {
  return Text(name).value_or(absent);
}

std::optional<bool> Fields::Boolean(std::string_view name) const {
  auto value = Find(name);
  if (!value) return std::nullopt;
  bool flag = false;
  if (value->get(flag) != SUCCESS) Refuse(name);
  return flag;
}

std::string_view Fields::BooleanOr(std::string_view name, bool absent) const {
  return Boolean(name).value_or(absent) ? "True" : "False";
}

std::optional<int64_t> Fields::Integer(std::string_view name) const {
  auto value = Find(name);
  if (!value) return std::nullopt;
  int64_t number = 0;
  if (value->get(number) != SUCCESS) Refuse(name);
  return number;
}

simdjson::dom::object Fields::Object(std::string_view name) const {
  auto value = Find(name);
  simdjson::dom::object object = TheEmpty().object;
  if (value && value->get(object) != SUCCESS) Refuse(name);
  return object;
}

simdjson::dom::array Fields::Array(std::string_view name) const {
  auto value = Find(name);
  simdjson::dom::array array = TheEmpty().array;
  if (value && value->get(array) != SUCCESS) Refuse(name);
  return array;
}

std::vector<std::string_view> Fields::Texts(std::string_view name) const {
  std::vector<std::string_view> texts;
  for (element each : Array(name)) {
    if (each.get(texts.emplace_back()) != SUCCESS) Refuse(name);
  }
  return texts;
}

std::string_view Fields::SqlOf(element value, std::string_view name) const {
  std::string_view text;
  simdjson::dom::object object;
  if (value.get(text) == SUCCESS) return text;
  if (value.get(object) != SUCCESS || object.at_key("sql").get(text) != SUCCESS) Refuse(name);
  return text;
}

std::string_view Fields::Sql(std::string_view name) const {
  auto value = Find(name);
  if (value) return SqlOf(*value, name);
  Refuse(name);
  return {};
}

std::vector<std::string_view> Fields::SqlList(std::string_view name) const {
  std::vector<std::string_view> texts;
  for (element each : Array(name)) texts.push_back(SqlOf(each, name));
  return texts;
}

}  // namespace stateserver::fingerprint
