// SPDX-License-Identifier: Apache-2.0
//
// JSON output for programs: names as in the protos, every field present, 64-bit integers as
// numbers, absent optional fields and messages as null, enums by name. protobuf's own JsonFormat
// writes int64 as strings, which jq and Python then compare as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"

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
// Returns the value of one repeated message field as a JSON list.
std::string ListToJson(const google::protobuf::Message& message, std::string_view field);

}  // namespace stateserver::client
