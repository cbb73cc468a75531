// SPDX-License-Identifier: Apache-2.0
//
// Texts, numbers, booleans and names, with the conversions pydantic makes.
#include <charconv>
#include <cmath>

#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/python_repr.h"
#include "server/sqlmesh/records/record_writer.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string Cased(std::string_view text, bool upper) {
  std::string cased(text);
  for (char& c : cased) {
    if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') c ^= 0x20;
  }
  return cased;
}

bool HasUpper(std::string_view text) {
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') return true;
  }
  return false;
}

bool IsOneOf(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    size_t end = words.find(' ');
    if (words.substr(0, end) == text) return true;
    words.remove_prefix(end == words.npos ? words.size() : end + 1);
  }
  return false;
}

// "Input should be 'a', 'b' or 'c'".
std::string ShouldBe(std::string_view words) {
  std::string message = "Input should be ";
  while (!words.empty()) {
    size_t end = words.find(' ');
    AppendTo(&message, "'", words.substr(0, end), "'");
    words.remove_prefix(end == words.npos ? words.size() : end + 1);
    if (words.empty()) break;
    message.append(words.find(' ') == words.npos ? " or " : ", ");
  }
  return message;
}

}  // namespace

bool LooseBoolean(element value) {
  bool flag = false;
  if (value.get(flag) == simdjson::SUCCESS) return flag;
  return IsOneOf(Cased(PythonStr(value), false), "true 1 t y yes on");
}

bool IsTruthy(element value) {
  bool flag;
  double number;
  if (value.get(flag) == simdjson::SUCCESS) return flag;
  if (value.get(number) == simdjson::SUCCESS) return number != 0;
  if (value.is_string()) return !value.get_string().value_unsafe().empty();
  if (value.is_array()) return AsArray(value).size() > 0;
  if (value.is_object()) return AsObject(value).size() > 0;
  return false;
}

void RecordWriter::WriteScalar(const Field& field, element value, const Location& where) {
  switch (field.shape) {
    case Shape::kAnyText:
    case Shape::kLowerText:
      if (value.is_null()) return WriteText(value, where);
      WriteChangedText(field.shape, value);
      break;
    case Shape::kCron:
      if (value.is_string()) {
        WriteText(value, where);
      } else {
        Wrong(where, "value_error",
              Cat("Value error, Invalid cron expression '", PythonStr(value),
                  "'. Value must be a string."),
              value);
      }
      break;
    case Shape::kInteger:
      if (auto number = ToInteger(value, where)) {
        AppendInteger(*number, &out_);
      } else {
        AppendValue(value, &out_);
      }
      break;
    case Shape::kPositive:
      WritePositive(value, where);
      break;
    case Shape::kBoolean:
      if (auto flag = ToBoolean(value, where)) {
        out_.append(*flag ? "true" : "false");
      } else {
        AppendValue(value, &out_);
      }
      break;
    case Shape::kLooseBoolean:
      out_.append(LooseBoolean(value) ? "true" : "false");
      break;
    case Shape::kTruthy:
      out_.append(value.is_null() ? field.text : IsTruthy(value) ? "true" : "false");
      break;
    case Shape::kTrue:
    case Shape::kFalse:
    case Shape::kOne:
      WriteLiteral(field, value, where);
      break;
    case Shape::kCategory:
      WriteCategory(value, where);
      break;
    case Shape::kTime:
      WriteTime(value, where);
      break;
    case Shape::kTimeToLive:
      WriteText(value, where);
      break;
    default:
      WriteName(field, value, where);
  }
}

void RecordWriter::WriteText(element value, const Location& where) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    AppendString(text, &out_);
  } else {
    Wrong(where, "string_type", "Input should be a valid string", value);
  }
}

void RecordWriter::WriteChangedText(Shape shape, element value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) {
    AppendString(PythonStr(value), &out_);
  } else if (shape == Shape::kLowerText && HasUpper(text)) {
    AppendString(Cased(text, false), &out_);
  } else {
    AppendString(text, &out_);
  }
}

void RecordWriter::WriteName(const Field& field, element value, const Location& where) {
  std::string_view text;
  bool is_text = value.get(text) == simdjson::SUCCESS;
  if (is_text && IsOneOf(text, field.values)) {
    AppendString(text, &out_);
    return;
  }
  if (field.shape == Shape::kName || (field.shape == Shape::kUpperName && !is_text)) {
    Wrong(where, "enum", ShouldBe(field.values), value);
    return;
  }
  std::string cased = Cased(PythonStr(value), field.shape == Shape::kUpperName);
  if (IsOneOf(cased, field.values) || !strict()) {
    AppendString(cased, &out_);
  } else if (field.shape == Shape::kLowerName) {
    errors_.AddText(where, "enum", ShouldBe(field.values), cased);
  } else {
    std::string_view type =
        field.name == "on_additive_change" ? "OnAdditiveChange" : "OnDestructiveChange";
    errors_.Add(where, "value_error", Cat("Value error, '", cased, "' is not a valid ", type),
                value);
  }
}

std::optional<int64_t> RecordWriter::ToInteger(element value, const Location& where) {
  int64_t number;
  if (value.get(number) == simdjson::SUCCESS) return number;
  std::string_view type = "int_type";
  std::string_view message = "Input should be a valid integer";
  bool flag;
  double real;
  std::string_view text;
  if (value.get(flag) == simdjson::SUCCESS) return flag ? 1 : 0;
  if (value.type() == element_type::DOUBLE && value.get(real) == simdjson::SUCCESS) {
    if (std::trunc(real) == real && std::fabs(real) < 9e15) return static_cast<int64_t>(real);
    type = "int_from_float";
    message = "Input should be a valid integer, got a number with a fractional part";
  } else if (value.get(text) == simdjson::SUCCESS) {
    std::string_view digits = Trim(text);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) return number;
    type = "int_parsing";
    message = "Input should be a valid integer, unable to parse string as an integer";
  } else if (value.is_uint64()) {
    type = "int_parsing_size";
    message = "Unable to parse input string as an integer, exceeded maximum size";
  }
  if (strict()) errors_.Add(where, type, message, value);
  return std::nullopt;
}

std::optional<bool> RecordWriter::ToBoolean(element value, const Location& where) {
  bool flag;
  if (value.get(flag) == simdjson::SUCCESS) return flag;
  std::string_view type = "bool_type";
  std::string_view message = "Input should be a valid boolean";
  if (value.is_string() || value.is_number()) {
    std::string text = Cased(PythonStr(value), false);
    if (IsOneOf(text, "1 1.0 true t y yes on")) return true;
    if (IsOneOf(text, "0 0.0 false f n no off")) return false;
    if (value.type() != element_type::DOUBLE) {
      type = "bool_parsing";
      message = "Input should be a valid boolean, unable to interpret input";
    }
  }
  if (strict()) errors_.Add(where, type, message, value);
  return std::nullopt;
}

void RecordWriter::WritePositive(element value, const Location& where) {
  int64_t number;
  if (value.get(number) != simdjson::SUCCESS) {
    Wrong(where, "value_error",
          Cat("Value error, Invalid num ", PythonStr(value), ". Value must be an integer value"),
          value);
  } else if (number <= 0) {
    Wrong(where, "value_error",
          Cat("Value error, Invalid num ", number, ". Value must be a positive integer"), value);
  } else {
    AppendInteger(number, &out_);
  }
}

void RecordWriter::WriteLiteral(const Field& field, element value, const Location& where) {
  bool flag = false;
  int64_t number = 0;
  bool is_flag = value.get(flag) == simdjson::SUCCESS;
  bool is_number = value.get(number) == simdjson::SUCCESS;
  if ((field.shape == Shape::kTrue && is_flag && flag) ||
      (field.shape == Shape::kFalse && is_flag && !flag) ||
      (field.shape == Shape::kOne && is_number && number == 1)) {
    AppendValue(value, &out_);
    return;
  }
  std::string_view want = field.shape == Shape::kTrue    ? "True"
                          : field.shape == Shape::kFalse ? "False"
                                                         : "1";
  Wrong(where, "literal_error", Cat("Input should be ", want), value);
}

void RecordWriter::WriteCategory(element value, const Location& where) {
  int64_t number = 0;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS && text.size() == 1) number = text[0] - '0';
  if ((number != 0 || value.get(number) == simdjson::SUCCESS) && number >= 1 && number <= 6) {
    AppendInteger(number, &out_);
  } else {
    Wrong(where, "enum", "Input should be 1, 2, 3, 4, 5 or 6", value);
  }
}

// A union of date, datetime, str, int and float keeps what JSON can hold.
void RecordWriter::WriteTime(element value, const Location& where) {
  if (value.is_string() || value.is_number() || !strict()) {
    AppendValue(value, &out_);
    return;
  }
  bool flag;
  if (value.get(flag) == simdjson::SUCCESS) {
    out_.push_back(flag ? '1' : '0');
    return;
  }
  constexpr std::string_view kMembers[][3] = {
      {"date", "date_type", "Input should be a valid date"},
      {"datetime", "datetime_type", "Input should be a valid datetime"},
      {"str", "string_type", "Input should be a valid string"},
      {"int", "int_type", "Input should be a valid integer"},
      {"float", "float_type", "Input should be a valid number"},
  };
  for (const auto& [name, type, message] : kMembers) {
    errors_.Add(Location{&where, name}, type, message, value);
  }
}

}  // namespace stateserver::state
