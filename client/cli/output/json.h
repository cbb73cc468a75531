// SPDX-License-Identifier: Apache-2.0
//
// JSON output for programs: names as in the protos, every field present, 64-bit integers as
// numbers, absent optional fields and messages as null, enums by name. A Timestamp `x_time` is
// printed as `x_ts`, in epoch milliseconds like SQLMesh's own times; a Duration `x` as `x_ms`.
// Struct, ListValue and maps are printed as plain JSON. protobuf's own JsonFormat writes int64 as
// strings, which jq and Python then compare as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"

namespace stateserver::client {

// JsonObject builds one JSON object without white space, with keys in the order of the calls.
class JsonObject {
 public:
  JsonObject& Text(std::string_view key, std::string_view value);
  JsonObject& Number(std::string_view key, int64_t value);
  JsonObject& Bool(std::string_view key, bool value);
  // Adds a value that is already JSON.
  JsonObject& Raw(std::string_view key, std::string_view json);
  JsonObject& Null(std::string_view key) { return Raw(key, "null"); }
  // Adds every field of `message`, as ToJson writes it.
  JsonObject& Fields(const google::protobuf::Message& message);

  std::string Finish() { return std::move(text_) + "}"; }

 private:
  void Key(std::string_view key);
  std::string text_ = "{";
};

// Returns the message as one JSON object.
std::string ToJson(const google::protobuf::Message& message);
// Return a value as JSON, objects with sorted keys.
std::string PlainJson(const google::protobuf::Struct& object);
std::string PlainJson(const google::protobuf::ListValue& list);
// Returns the value of one repeated message field as a JSON list.
std::string ListToJson(const google::protobuf::Message& message, std::string_view field);
// Returns messages as a JSON list.
template <typename Messages>
std::string ListToJson(const Messages& messages) {
  std::string list = "[";
  for (const auto& message : messages) {
    if (list.size() > 1) list += ',';
    list += ToJson(message);
  }
  return list + "]";
}

}  // namespace stateserver::client
