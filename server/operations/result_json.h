// SPDX-License-Identifier: Apache-2.0
//
// Results of operations as JSON, which is how they are stored in the operation log.
//
// A result is a struct that lists its members once, for writing and for reading:
//
//   struct CompactionCounts {
//     int64_t versions = 0;
//     template <typename Self, typename Visitor>
//     static void VisitMembers(Self& self, Visitor& visit) { visit("versions", self.versions); }
//   };
//
// Members are bool, integers, std::string, such structs, and std::optional and std::vector of
// those. An absent optional is left out. A member that is missing in the JSON keeps its default,
// and one that is unknown is ignored, so that servers of different versions read each other's
// records. Integers are also read from strings, as earlier servers wrote them.
#pragma once

#include <simdjson.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "common/error.h"
#include "common/json/text.h"

namespace stateserver::operations {

// ResultWriter appends one value as JSON.
class ResultWriter {
 public:
  explicit ResultWriter(std::string* out) : out_(*out) {}

  void Write(bool value) { out_ += value ? "true" : "false"; }
  void Write(std::integral auto value) { out_ += std::to_string(value); }
  void Write(const std::string& value) { json::AppendQuoted(value, json::Charset::kUtf8, &out_); }

  template <typename T>
  void Write(const std::vector<T>& values) {
    char separator = '[';
    for (const T& value : values) {
      out_ += separator;
      Write(value);
      separator = ',';
    }
    out_ += values.empty() ? "[]" : "]";
  }

  template <typename T>
  requires std::is_class_v<T>
  void Write(const T& value) {
    Members members{*this};
    T::VisitMembers(value, members);
    out_ += members.separator == '{' ? "{}" : "}";
  }

 private:
  struct Members {
    ResultWriter& writer;
    char separator = '{';

    template <typename T>
    void operator()(std::string_view name, const T& value) {
      writer.out_ += separator;
      json::AppendQuoted(name, json::Charset::kUtf8, &writer.out_);
      writer.out_ += ':';
      writer.Write(value);
      separator = ',';
    }
    template <typename T>
    void operator()(std::string_view name, const std::optional<T>& value) {
      if (value.has_value()) (*this)(name, *value);
    }
  };

  std::string& out_;
};

// ResultReader reads what ResultWriter wrote. The functions return false if the JSON has another
// type.
class ResultReader {
 public:
  using Element = simdjson::dom::element;

  static bool Read(Element json, bool* value) { return json.get(*value) == simdjson::SUCCESS; }
  static bool Read(Element json, std::string* value) {
    std::string_view text;
    if (json.get(text) != simdjson::SUCCESS) return false;
    *value = text;
    return true;
  }
  template <std::integral T>
  static bool Read(Element json, T* value) {
    int64_t number = 0;
    if (json.get(number) != simdjson::SUCCESS) {
      std::string_view text;
      if (json.get(text) != simdjson::SUCCESS || !absl::SimpleAtoi(std::string(text), &number)) {
        return false;
      }
    }
    *value = static_cast<T>(number);
    return true;
  }
  template <typename T>
  static bool Read(Element json, std::vector<T>* values) {
    simdjson::dom::array array;
    if (json.get(array) != simdjson::SUCCESS) return false;
    for (Element one : array) {
      if (!Read(one, &values->emplace_back())) return false;
    }
    return true;
  }
  template <typename T>
  requires std::is_class_v<T>
  static bool Read(Element json, T* value) {
    Members members;
    if (json.get(members.object) != simdjson::SUCCESS) return false;
    T::VisitMembers(*value, members);
    return members.valid;
  }

 private:
  struct Members {
    simdjson::dom::object object;
    bool valid = true;

    template <typename T>
    void operator()(std::string_view name, T& value) {
      Element found;
      if (object[name].get(found) == simdjson::SUCCESS) valid = Read(found, &value) && valid;
    }
    template <typename T>
    void operator()(std::string_view name, std::optional<T>& value) {
      Element found;
      if (object[name].get(found) != simdjson::SUCCESS) return;
      valid = Read(found, &value.emplace()) && valid;
    }
  };
};

template <typename Result>
std::string ResultToJson(const Result& result) {
  std::string out;
  ResultWriter(&out).Write(result);
  return out;
}

// Returns INTERNAL if `text` is not what ResultToJson writes for this type.
template <typename Result>
absl::StatusOr<Result> ResultFromJson(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  Result result;
  simdjson::padded_string padded(text);
  if (parser.parse(padded).get(root) == simdjson::SUCCESS && ResultReader::Read(root, &result)) {
    return result;
  }
  return Error(Reason::INTERNAL, "The record of the earlier run cannot be read.",
               "GetOperation returns it as stored.", {{"field", "details_json"}});
}

}  // namespace stateserver::operations
