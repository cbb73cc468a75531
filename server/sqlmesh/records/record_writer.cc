// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/record_writer.h"

#include <charconv>
#include <cmath>

#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/python_repr.h"

namespace stateserver::state {

using simdjson::dom::element;

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Returns true for lists that SQLMesh reads with `v or []`.
bool NullIsAbsent(const Field& field) {
  return field.absent == Absent::kLeftOut || field.absent == Absent::kNodeDialect ||
         (field.absent == Absent::kText &&
          (field.shape == Shape::kTagList || field.shape == Shape::kExpressionList ||
           field.shape == Shape::kFieldList || field.shape == Shape::kCallList));
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

// Returns "Input should be 'a', 'b' or 'c'".
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

void Members::Read(const Model& model, simdjson::dom::object object) {
  present = 0;
  unknown.clear();
  int hint = 0;
  for (auto [key, member] : object) {
    int i = FindField(model, key, hint);
    if (i < 0) {
      unknown.emplace_back(key, member);
      continue;
    }
    hint = i + 1;
    bool absent = member.is_null() && NullIsAbsent(model.fields[i]);
    value[i] = member;
    present = absent ? present & ~(uint64_t{1} << i) : present | uint64_t{1} << i;
  }
}

const element* Members::Find(const Model& model, std::string_view name) const {
  int i = FindField(model, name, 0);
  return i >= 0 && Has(i) ? &value[i] : nullptr;
}

std::string_view Members::FindText(const Model& model, std::string_view name) const {
  const element* found = Find(model, name);
  if (found == nullptr || !found->is_string()) return {};
  return found->get_string().value_unsafe();
}

void RecordWriter::Key(std::string_view name) {
  Separate('{');
  out_.push_back('"');
  out_.append(name);
  out_.append("\":", 2);
}

void RecordWriter::Wrong(const Location& where, std::string_view type, std::string_view message,
                         element value) {
  if (strict()) {
    errors_.Add(where, type, message, value);
  } else {
    AppendValue(value, &out_);
  }
}

void RecordWriter::WriteMembers(const Model& model, const Members& members, element object,
                                const Location& where) {
  out_.push_back('{');
  for (int i = 0; i < model.count; ++i) {
    const Field& field = model.fields[i];
    if (field.shape == Shape::kVolatile) {
      Location here{&where, field.name};
      if (!members.Has(i) && field.absent == Absent::kRequired && strict()) {
        WriteAbsent(field, object, where);
      } else {
        volatile_->OnVolatile(field, members.Has(i) ? &members.value[i] : nullptr, here);
      }
    } else if (!members.Has(i)) {
      if (field.absent != Absent::kLeftOut || seed_hashes_ || field.shape == Shape::kKind) {
        WriteAbsent(field, object, where);
      }
    } else if (!field.excluded &&
               !(seed_hashes_ && WriteSeedField(field, &members.value[i], where))) {
      Key(field.name);
      WriteValue(field, members.value[i], Location{&where, field.name});
    }
  }
  if (!members.unknown.empty()) WriteUnknown(members, where);
  out_.push_back('}');
}

void RecordWriter::WriteUnknown(const Members& members, const Location& where) {
  for (const auto& [name, value] : members.unknown) {
    if (strict()) notes_.unknown_fields.Add(Location{&where, name}.Path());
    Separate('{');
    AppendString(name, &out_);
    out_.push_back(':');
    AppendValue(value, &out_);
  }
}

void RecordWriter::WriteAbsent(const Field& field, element object, const Location& where) {
  if (seed_hashes_ && WriteSeedField(field, nullptr, where)) return;
  switch (field.absent) {
    case Absent::kLeftOut:
      if (field.shape == Shape::kKind && !DefaultKind(source_type_).empty()) {
        Key(field.name);
        out_.append(DefaultKind(source_type_));
      }
      break;
    case Absent::kRequired:
      if (strict()) {
        errors_.Add(Location{&where, field.name}, "missing", "Field required", object);
      }
      break;
    case Absent::kText:
      Key(field.name);
      out_.append(field.text);
      break;
    case Absent::kNodeDialect:
      Key(field.name);
      AppendString(dialect_, &out_);
      break;
    case Absent::kQuotedColumn: {
      std::string column;
      AppendQuotedColumn(rules_, field.text, &column);
      Key(field.name);
      AppendString(column, &out_);
      break;
    }
  }
}

void RecordWriter::WriteObject(const Model& model, element value, const Location& where) {
  if (!value.is_object()) {
    Wrong(where, "model_type",
          Cat("Input should be a valid dictionary or instance of ", model.name), value);
    return;
  }
  Members members;
  members.Read(model, AsObject(value));
  if (&model == &kDbtNodeModel &&
      members.FindText(model, "alias") == members.FindText(model, "name")) {
    // SQLMesh keeps the alias only if it overrides the name.
    members.present &= ~FieldBit(model, "alias");
  }
  WriteMembers(model, members, value, where);
}

void RecordWriter::WriteValue(const Field& field, element value, const Location& where) {
  switch (field.shape) {
    case Shape::kText:
    case Shape::kExpression:
      WriteText(value, where);
      break;
    case Shape::kField:
      WriteField(value, where);
      break;
    case Shape::kAny:
      AppendValue(value, &out_);
      break;
    case Shape::kObject:
      WriteObject(*field.model, value, where);
      break;
    case Shape::kColumns:
      WriteColumns(value, where);
      break;
    case Shape::kColumnTexts:
      WriteColumnTexts(value, where);
      break;
    case Shape::kDataType:
      WriteDataType(value, where);
      break;
    case Shape::kWhenMatched:
      WriteWhenMatched(value, where);
      break;
    case Shape::kTimeColumn:
      WriteTimeColumn(value, where);
      break;
    case Shape::kKind:
      WriteKind(value, where);
      break;
    case Shape::kNode:
      WriteNode(value, where);
      break;
    default:
      WriteContainer(field, value, where);
  }
}

void RecordWriter::WriteContainer(const Field& field, element value, const Location& where) {
  switch (field.shape) {
    case Shape::kTextList:
    case Shape::kTagList:
    case Shape::kTextSet:
    case Shape::kExpressionList:
    case Shape::kFieldList:
      WriteTextList(field, value, where);
      break;
    case Shape::kAnyMap:
    case Shape::kTextMap:
    case Shape::kExpressionMap:
      WriteTextMap(field, value, where);
      break;
    case Shape::kCallList:
      WriteCalls(value, where);
      break;
    case Shape::kSql:
      WriteSql(value, where);
      break;
    case Shape::kSqlList:
      WriteSqlList(value, where);
      break;
    case Shape::kObjectTuple:
    case Shape::kObjectList:
      WriteObjectList(field, value, where);
      break;
    case Shape::kObjectMap:
      WriteObjectMap(field, value, where, 1);
      break;
    case Shape::kObjectMapMap:
      WriteObjectMap(field, value, where, 2);
      break;
    default:
      WriteScalar(field, value, where);
  }
}

void RecordWriter::WriteTextList(const Field& field, element value, const Location& where) {
  bool fields = field.shape == Shape::kFieldList;
  bool single = fields || field.shape == Shape::kTagList || field.shape == Shape::kExpressionList;
  if (single && value.is_string()) {
    out_.push_back('[');
    fields ? WriteField(value, where) : WriteText(value, where);
    out_.push_back(']');
    return;
  }
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    bool set = field.shape == Shape::kTextSet;
    Wrong(where, set ? "set_type" : "list_type",
          set ? "Input should be a valid set" : "Input should be a valid list", value);
    return;
  }
  out_.push_back('[');
  int64_t index = 0;
  for (element item : list) {
    if (index > 0) out_.push_back(',');
    Location here{&where, {}, index++};
    fields ? WriteField(item, here) : WriteText(item, here);
  }
  out_.push_back(']');
}

void RecordWriter::WriteTextMap(const Field& field, element value, const Location& where) {
  simdjson::dom::object map;
  if (value.get(map) != simdjson::SUCCESS) {
    Wrong(where, "dict_type", "Input should be a valid dictionary", value);
    return;
  }
  if (field.shape == Shape::kAnyMap) {
    AppendValue(value, &out_);
    return;
  }
  out_.push_back('{');
  for (auto [name, item] : map) {
    Separate('{');
    AppendString(name, &out_);
    out_.push_back(':');
    if (field.shape == Shape::kTextMap || item.is_string()) {
      WriteText(item, Location{&where, name});
    } else {
      AppendString(PythonStr(item), &out_);
    }
  }
  out_.push_back('}');
}

// Writes audits and signals. Old rows also contain {"name": ..., argument: ...}.
void RecordWriter::WriteCalls(element value, const Location& where) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    Wrong(where, "list_type", "Input should be a valid list", value);
    return;
  }
  out_.push_back('[');
  bool first = true;
  for (element call : list) {
    if (!first) out_.push_back(',');
    first = false;
    WriteCall(call, where);
  }
  out_.push_back(']');
}

void RecordWriter::WriteCall(element call, const Location& where) {
  std::string_view name;
  simdjson::dom::object arguments;
  simdjson::dom::array pair;
  if (call.get(pair) == simdjson::SUCCESS && pair.size() == 2) {
    if (pair.at(0).get(name) != simdjson::SUCCESS || pair.at(1).get(arguments) != 0) {
      Wrong(where, "list_type", "Input should be a list of names with their arguments", call);
      return;
    }
  } else if (call.get(arguments) == simdjson::SUCCESS) {
    if (where.name != "signals" && call["name"].get(name) != simdjson::SUCCESS) {
      Wrong(where, "list_type", "Input should be a list of names with their arguments", call);
      return;
    }
  } else if (strict()) {
    errors_.Raise(where,
                  Cat("Audit must be a dictionary or named tuple. Got ", PythonStr(call), "."));
    return;
  } else {
    AppendValue(call, &out_);
    return;
  }
  out_.push_back('[');
  AppendString(Lower(name), &out_);
  out_.append(",{");
  bool named = call.is_object() && where.name != "signals";
  for (auto [key, argument] : arguments) {
    if (named && key == "name") continue;
    Separate('{');
    AppendString(key, &out_);
    out_.push_back(':');
    AppendValue(argument, &out_);
  }
  out_.append("}]");
}

void RecordWriter::WriteSql(element value, const Location& where) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    out_.append("{\"sql\":");
    AppendString(text, &out_);
    out_.push_back('}');
  } else {
    WriteObject(kSqlTextModel, value, where);
  }
}

void RecordWriter::WriteSqlList(element value, const Location& where) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    if (value.is_object()) {
      Wrong(where, "list_type", "Input should be a valid list", value);
    } else {
      WriteObject(kSqlTextModel, value, where);  // reports the same error as SQLMesh
    }
    return;
  }
  out_.push_back('[');
  bool first = true;
  for (element item : list) {
    if (!first) out_.push_back(',');
    first = false;
    // SQLMesh checks the elements before the list, so its errors have no index.
    WriteSql(item, where);
  }
  out_.push_back(']');
}

void RecordWriter::WriteObjectList(const Field& field, element value, const Location& where) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    bool tuple = field.shape == Shape::kObjectTuple;
    Wrong(where, tuple ? "tuple_type" : "list_type",
          tuple ? "Input should be a valid tuple" : "Input should be a valid list", value);
    return;
  }
  out_.push_back('[');
  int64_t index = 0;
  for (element item : list) {
    if (index > 0) out_.push_back(',');
    WriteObject(*field.model, item, Location{&where, {}, index++});
  }
  out_.push_back(']');
}

void RecordWriter::WriteObjectMap(const Field& field, element value, const Location& where,
                                  int levels) {
  simdjson::dom::object map;
  if (value.get(map) != simdjson::SUCCESS) {
    Wrong(where, "dict_type", "Input should be a valid dictionary", value);
    return;
  }
  out_.push_back('{');
  for (auto [name, item] : map) {
    Separate('{');
    AppendString(name, &out_);
    out_.push_back(':');
    Location here{&where, name};
    if (levels > 1) {
      WriteObjectMap(field, item, here, levels - 1);
    } else {
      WriteObject(*field.model, item, here);
    }
  }
  out_.push_back('}');
}

bool LooseBoolean(element value) {
  bool flag = false;
  if (value.get(flag) == simdjson::SUCCESS) return flag;
  return IsOneOf(Lower(PythonStr(value)), "true 1 t y yes on");
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
    AppendString(Lower(text), &out_);
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
  std::string name = PythonStr(value);
  std::string cased = field.shape == Shape::kUpperName ? Upper(name) : Lower(name);
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
    std::string text = Lower(PythonStr(value));
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

// A union of date, datetime, str, int and float accepts what JSON can represent.
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
