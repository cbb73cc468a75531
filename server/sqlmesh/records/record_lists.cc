// SPDX-License-Identifier: Apache-2.0
//
// Lists and dictionaries of texts, calls, SQL texts and objects.
#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/python_repr.h"
#include "server/sqlmesh/records/record_writer.h"

namespace stateserver::state {
namespace {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c += 0x20;
  }
  return lower;
}

}  // namespace

void RecordWriter::WriteTextList(const Field& field, element value, const Location& where) {
  bool single = field.shape == Shape::kTagList || field.shape == Shape::kExpressionList;
  if (single && value.is_string()) {
    out_.push_back('[');
    WriteText(value, where);
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
    WriteText(item, Location{&where, {}, index++});
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

// Audits and signals. Old rows also hold {"name": ..., argument: ...}.
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
  AppendString(LowerCase(name), &out_);
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
      WriteObject(kSqlTextModel, value, where);  // which tells what SQLMesh tells
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

}  // namespace stateserver::state
