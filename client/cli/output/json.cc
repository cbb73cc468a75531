// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include "common/json/text.h"
#include "common/text.h"
#include "google/protobuf/descriptor.h"

namespace stateserver::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string FieldValue(const Message& message, const FieldDescriptor& field);

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

// Returns true for google.protobuf.`name`.
bool IsWellKnown(const FieldDescriptor& field, std::string_view name) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->full_name() == Cat("google.protobuf.", name);
}

// Returns the milliseconds of a Timestamp or Duration.
std::string Milliseconds(const Message& message) {
  const auto& reflection = *message.GetReflection();
  const auto& descriptor = *message.GetDescriptor();
  constexpr int64_t kMillisecond = 1'000'000;  // nanoseconds
  return Cat(reflection.GetInt64(message, descriptor.FindFieldByName("seconds")) * 1000 +
             reflection.GetInt32(message, descriptor.FindFieldByName("nanos")) / kMillisecond);
}

std::string ValueJson(const google::protobuf::Value& value) {
  using Value = google::protobuf::Value;
  constexpr double kWhole = 9007199254740992;  // 2^53: larger ones may have lost digits
  double number = value.number_value();
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return number == std::trunc(number) && std::abs(number) < kWhole
                 ? Cat(static_cast<int64_t>(number))
                 : DoubleValue(number);
    case Value::kStringValue:
      return json::Quoted(value.string_value());
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case Value::kStructValue:
      return PlainJson(value.struct_value());
    case Value::kListValue:
      return PlainJson(value.list_value());
    default:
      return "null";
  }
}

// Returns what a field of type Struct or ListValue holds. The client's own messages are of the
// generated classes.
std::string PlainField(const Message& message) {
  const auto* object = dynamic_cast<const google::protobuf::Struct*>(&message);
  return object != nullptr ? PlainJson(*object)
                           : PlainJson(dynamic_cast<const google::protobuf::ListValue&>(message));
}

std::string MapValue(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  std::map<std::string, std::string> sorted;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const auto& type = *entry.GetDescriptor();
    sorted[entry.GetReflection()->GetString(entry, type.map_key())] =
        FieldValue(entry, *type.map_value());
  }
  JsonObject object;
  for (const auto& [key, value] : sorted) object.Raw(key, value);
  return object.Finish();
}

std::string KeyOf(const FieldDescriptor& field) {
  constexpr std::string_view kTime = "_time";
  std::string name = field.name();
  if (IsWellKnown(field, "Duration")) return name + "_ms";
  if (!IsWellKnown(field, "Timestamp") || !name.ends_with(kTime)) return name;
  return name.substr(0, name.size() - kTime.size()) + "_ts";
}

std::string FieldValue(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_map()) return MapValue(message, field);
  if (field.is_repeated()) {
    std::string list = "[";
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      if (i > 0) list += ',';
      list += Value(message, field, i);
    }
    return list + "]";
  }
  if (field.has_presence() && !reflection.HasField(message, &field)) return "null";
  if (IsWellKnown(field, "Timestamp") || IsWellKnown(field, "Duration")) {
    return Milliseconds(reflection.GetMessage(message, &field));
  }
  if (IsWellKnown(field, "Struct") || IsWellKnown(field, "ListValue")) {
    return PlainField(reflection.GetMessage(message, &field));
  }
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
    Raw(KeyOf(*descriptor.field(i)), FieldValue(message, *descriptor.field(i)));
  }
  return *this;
}

std::string PlainJson(const google::protobuf::Struct& object) {
  // Sorted, since the order of a map changes from run to run.
  std::map<std::string_view, const google::protobuf::Value*> fields;
  for (const auto& [key, value] : object.fields()) fields[key] = &value;
  JsonObject out;
  for (const auto& [key, value] : fields) out.Raw(key, ValueJson(*value));
  return out.Finish();
}

std::string PlainJson(const google::protobuf::ListValue& list) {
  std::string out = "[";
  for (const google::protobuf::Value& value : list.values()) {
    if (out.size() > 1) out += ',';
    out += ValueJson(value);
  }
  return out + "]";
}

std::string ToJson(const Message& message) { return JsonObject().Fields(message).Finish(); }

std::string ListToJson(const Message& message, std::string_view field) {
  return FieldValue(message, *message.GetDescriptor()->FindFieldByName(std::string(field)));
}

}  // namespace stateserver::client
