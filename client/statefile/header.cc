// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/header.h"

#include <simdjson.h>

#include <cmath>
#include <optional>

#include "common/error.h"

namespace stateserver::client {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

// Returns Python's str(value), for SQLMesh's messages.
std::string Show(const element& value) {
  switch (value.type()) {
    case element_type::STRING:
      return std::string(std::string_view(value));
    case element_type::BOOL:
      return bool(value) ? "True" : "False";
    case element_type::NULL_VALUE:
      return "None";
    default:
      return simdjson::minify(value);
  }
}

std::optional<element> Find(const object& values, std::string_view key) {
  element value;
  if (values.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  return value;
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Implements Python's int(text): allows surrounding white space, a sign, and single '_' between
// digits.
std::optional<int64_t> ParseInt(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int64_t number = 0;
  bool digit_before = false;
  for (char c : text) {
    if (c == '_' ? !digit_before : c < '0' || c > '9') return std::nullopt;
    digit_before = c != '_';
    if (!digit_before) continue;
    if (number > 1'000'000'000'000) return std::nullopt;  // no version is this large
    number = number * 10 + (c - '0');
  }
  if (!digit_before) return std::nullopt;
  return negative ? -number : number;
}

// Implements Python's int(value).
std::optional<int64_t> ToInt(const element& value) {
  switch (value.type()) {
    case element_type::INT64:
      return int64_t(value);
    case element_type::BOOL:
      return bool(value) ? 1 : 0;
    case element_type::DOUBLE:
      if (std::fabs(double(value)) > 1e15) return std::nullopt;
      return static_cast<int64_t>(double(value));
    case element_type::STRING:
      return ParseInt(std::string_view(value));
    default:
      return std::nullopt;
  }
}

// Implements Python's bool(value).
bool IsTrue(const element& value) {
  switch (value.type()) {
    case element_type::BOOL:
      return bool(value);
    case element_type::INT64:
      return int64_t(value) != 0;
    case element_type::DOUBLE:
      return double(value) != 0;
    case element_type::STRING:
      return !std::string_view(value).empty();
    case element_type::ARRAY:
      return simdjson::dom::array(value).size() != 0;
    case element_type::OBJECT:
      return object(value).size() != 0;
    case element_type::NULL_VALUE:
      return false;
    default:
      return true;
  }
}

absl::Status Malformed(std::string_view sentence, std::string_view name, std::string_view field) {
  return Error(Reason::FILE_MALFORMED, sentence,
               std::string(name) + " is not what `export` writes: export it again.",
               {{"file", std::string(name)}, {"field", std::string(field)}});
}

// The values live in `parser`.
absl::Status Parse(std::string_view json, std::string_view name, std::string_view key,
                   simdjson::dom::parser* parser, object* values) {
  auto error = parser->parse(json.data(), json.size()).get_object().get(*values);
  if (error == simdjson::SUCCESS) return absl::OkStatus();
  std::string sentence = error == simdjson::NUMBER_ERROR
                             ? "A number in '" + std::string(key) + "' is out of range"
                             : "Expecting the '" + std::string(key) + "' key to contain an object";
  return Malformed(sentence, name, key);
}

absl::Status CheckFileVersion(const object& metadata, std::string_view name, int64_t* version) {
  constexpr std::string_view kField = "metadata.file_version";
  std::optional<element> value = Find(metadata, "file_version");
  if (!value) {
    return Malformed("Unable to determine state file format version from the input file", name,
                     kField);
  }
  std::optional<int64_t> number = ToInt(*value);
  if (!number) {
    return Malformed("Unable to parse state file format version: " + Show(*value), name, kField);
  }
  if (*number != kFileVersion) {
    return Error(Reason::FILE_VERSION_UNSUPPORTED,
                 "State file format version " + std::to_string(*number) +
                     " is not supported, expected version " + std::to_string(kFileVersion),
                 "Use a stateclient that knows this version.",
                 {{"file", std::string(name)},
                  {"field", std::string(kField)},
                  {"version", std::to_string(*number)}});
  }
  *version = *number;
  return absl::OkStatus();
}

absl::Status CheckImportable(const object& metadata, bool must_import, std::string_view name,
                             bool* importable) {
  std::optional<element> value = Find(metadata, "importable");
  *importable = value && IsTrue(*value);
  if (*importable || !must_import) return absl::OkStatus();
  return Error(Reason::FILE_NOT_IMPORTABLE, "State file is marked as not importable. Aborting",
               std::string(name) +
                   " holds local snapshots that were never in a state database (--local): "
                   "export from the database instead.",
               {{"file", std::string(name)}, {"field", "metadata.importable"}});
}

absl::Status ReadTimestamp(const object& metadata, std::string_view name, std::string* timestamp) {
  element value;
  if (metadata.at_key("timestamp").get(value) != simdjson::SUCCESS) {
    return Malformed("Expecting a 'timestamp' key to be present in 'metadata'", name,
                     "metadata.timestamp");
  }
  if (!value.is_string()) {
    return Malformed("'timestamp' contains an invalid value. Expecting str, got: " + Show(value),
                     name, "metadata.timestamp");
  }
  *timestamp = std::string_view(value);
  return absl::OkStatus();
}

// Only tokens written by this project's exports count; all other values are ignored.
std::string ReadToken(const object& metadata) {
  std::string_view token;
  bool found = metadata.at_pointer("/stateserver/token").get(token) == simdjson::SUCCESS;
  return found && IsToken(token) ? std::string(token) : "";
}

absl::Status ReadVersion(std::string_view key, const element& value, std::string_view name,
                         FileVersions* versions) {
  if (key == "schema_version") {
    std::optional<int64_t> number = ToInt(value);
    if (!number) {
      return Malformed("Unable to parse 'schema_version' in 'versions': " + Show(value), name,
                       "versions.schema_version");
    }
    versions->schema_version = *number;
  } else if (key == "sqlglot_version") {
    versions->sqlglot_version = Show(value);
  } else if (key == "sqlmesh_version") {
    versions->sqlmesh_version = Show(value);
  } else {
    return Malformed("Unexpected key '" + std::string(key) + "' in 'versions'", name, "versions");
  }
  return absl::OkStatus();
}

}  // namespace

bool IsToken(std::string_view text) {
  return text.size() == kTokenSize &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

absl::Status ReadMetadata(std::string_view json, bool must_import, std::string_view name,
                          StateFileHeader* header) {
  simdjson::dom::parser parser;
  object metadata;
  RETURN_IF_ERROR(Parse(json, name, "metadata", &parser, &metadata));
  RETURN_IF_ERROR(CheckFileVersion(metadata, name, &header->file_version));
  RETURN_IF_ERROR(CheckImportable(metadata, must_import, name, &header->importable));
  RETURN_IF_ERROR(ReadTimestamp(metadata, name, &header->timestamp));
  header->token = ReadToken(metadata);
  return absl::OkStatus();
}

absl::Status ReadVersions(std::string_view json, std::string_view name, FileVersions* versions) {
  simdjson::dom::parser parser;
  object values;
  RETURN_IF_ERROR(Parse(json, name, "versions", &parser, &values));
  for (const auto& [key, value] : values) {
    if (value.is_null()) continue;  // use the default
    RETURN_IF_ERROR(ReadVersion(key, value, name, versions));
  }
  return absl::OkStatus();
}

}  // namespace stateserver::client
