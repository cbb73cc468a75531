// SPDX-License-Identifier: Apache-2.0
//
// JSON for programs: names as in the protos, every field present, 64-bit
// integers as numbers, absent optional fields and messages null, enums by name.
// protobuf's own JsonFormat writes int64 as strings, which jq and Python then
// compare as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"

namespace stateserver::client {

// Builds one JSON object, keys in the order given, without white space.
class JsonObject {
 public:
  JsonObject& Text(std::string_view key, std::string_view value);
  JsonObject& Number(std::string_view key, int64_t value);
  JsonObject& Bool(std::string_view key, bool value);
  // `json` is JSON already.
  JsonObject& Raw(std::string_view key, std::string_view json);
  JsonObject& Null(std::string_view key) { return Raw(key, "null"); }
  // Every field of `message`, as ToJson would write it.
  JsonObject& Fields(const google::protobuf::Message& message);

  std::string Finish() { return std::move(text_) + "}"; }

 private:
  void Key(std::string_view key);
  std::string text_ = "{";
};

// The message as one JSON object.
std::string ToJson(const google::protobuf::Message& message);
// The value of one repeated message field as a JSON list.
std::string ListToJson(const google::protobuf::Message& message, std::string_view field);

// Quoted and escaped. Bytes that are no UTF-8 become U+FFFD.
std::string JsonString(std::string_view text);

}  // namespace stateserver::client
