// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/json.h"

#include <array>
#include <charconv>
#include <cmath>

#include "common/json/text.h"
#include "common/text.h"
#include "google/protobuf/descriptor.h"

namespace stateserver::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string DoubleValue(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 40> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

// Returns the singular field for `index` < 0, otherwise one element of the repeated field.
std::string Value(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  bool one = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Cat(one ? reflection.GetInt32(message, &field)
                     : reflection.GetRepeatedInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_INT64:
      return Cat(one ? reflection.GetInt64(message, &field)
                     : reflection.GetRepeatedInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Cat(one ? reflection.GetUInt32(message, &field)
                     : reflection.GetRepeatedUInt32(message, &field, index));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Cat(one ? reflection.GetUInt64(message, &field)
                     : reflection.GetRepeatedUInt64(message, &field, index));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return DoubleValue(one ? reflection.GetDouble(message, &field)
                             : reflection.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return DoubleValue(one ? reflection.GetFloat(message, &field)
                             : reflection.GetRepeatedFloat(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return (one ? reflection.GetBool(message, &field)
                  : reflection.GetRepeatedBool(message, &field, index))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return json::Quoted((one ? reflection.GetEnum(message, &field)
                               : reflection.GetRepeatedEnum(message, &field, index))
                              ->name());
    case FieldDescriptor::CPPTYPE_STRING:
      return json::Quoted(one ? reflection.GetString(message, &field)
                              : reflection.GetRepeatedString(message, &field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToJson(one ? reflection.GetMessage(message, &field)
                        : reflection.GetRepeatedMessage(message, &field, index));
  }
  return "null";
}

std::string FieldValue(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    std::string list = "[";
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (i > 0) list += ',';
      list += Value(message, field, i);
    }
    return list + "]";
  }
  if (field.has_presence() && !reflection.HasField(message, &field)) return "null";
  return Value(message, field, -1);
}

}  // namespace

void JsonObject::Key(std::string_view key) {
  if (text_.size() > 1) text_ += ',';
  text_ += json::Quoted(key) + ":";
}

JsonObject& JsonObject::Text(std::string_view key, std::string_view value) {
  return Raw(key, json::Quoted(value));
}

JsonObject& JsonObject::Number(std::string_view key, int64_t value) { return Raw(key, Cat(value)); }

JsonObject& JsonObject::Bool(std::string_view key, bool value) {
  return Raw(key, value ? "true" : "false");
}

JsonObject& JsonObject::Raw(std::string_view key, std::string_view json) {
  Key(key);
  text_ += json;
  return *this;
}

JsonObject& JsonObject::Fields(const Message& message) {
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    Raw(descriptor.field(i)->name(), FieldValue(message, *descriptor.field(i)));
  }
  return *this;
}

std::string ToJson(const Message& message) { return JsonObject().Fields(message).Finish(); }

std::string ListToJson(const Message& message, std::string_view field) {
  return FieldValue(message, *message.GetDescriptor()->FindFieldByName(std::string(field)));
}

}  // namespace stateserver::client
