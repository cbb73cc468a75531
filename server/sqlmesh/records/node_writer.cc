// SPDX-License-Identifier: Apache-2.0
//
// The node of a snapshot, its kind, and the spellings that depend on its
// dialect.
#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/python_repr.h"
#include "server/sqlmesh/records/record_writer.h"
#include "server/sqlmesh/records/seed_plan.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

constexpr std::string_view kTags = "'sql', 'seed', 'python', 'external', 'audit'";

// Spellings that older releases stored and SQLMesh still reads.
void AcceptOldNames(const Model& model, Members* members) {
  for (size_t i = 0; i < members->unknown.size(); ++i) {
    auto [name, value] = members->unknown[i];
    if (name != "table_properties" || !value.is_string()) continue;
    int field = FindField(model, "physical_properties", 0);
    if (field < 0 || members->Has(field)) continue;
    members->value[field] = value;
    members->present |= uint64_t{1} << field;
    members->unknown.erase(members->unknown.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

bool HasExpressions(const Model& model, const Members& members) {
  for (std::string_view name : {"audits", "signals", "grains", "references", "physical_properties",
                                "virtual_properties", "session_properties", "grants"}) {
    const element* value = members.Find(model, name);
    if (value != nullptr && IsTruthy(*value)) return true;
  }
  return false;
}

}  // namespace

void RecordWriter::WriteNode(element value, const Location& where) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) {
    Wrong(where, "model_attributes_type",
          "Input should be a valid dictionary or object to extract fields from", value);
    return;
  }
  element type;
  if (object["source_type"].get(type) != simdjson::SUCCESS) {
    Wrong(where, "union_tag_not_found", "Unable to extract tag using discriminator 'source_type'",
          value);
    return;
  }
  std::string_view tag;
  const Model* model = type.get(tag) == simdjson::SUCCESS ? FindNodeModel(tag) : nullptr;
  if (model == nullptr) {
    Wrong(where, "union_tag_invalid",
          Cat("Input tag '", PythonStr(type), "' found using 'source_type' does not match any of ",
              "the expected tags: ", kTags),
          value);
    return;
  }
  Members members;
  members.Read(*model, object);
  if (!members.unknown.empty()) AcceptOldNames(*model, &members);
  source_type_ = tag;
  dialect_ = members.FindText(*model, "dialect");
  rules_ = FindDialect(dialect_);
  columns_ = members.Find(*model, "columns");
  // Athena's parser loses the text of expressions: SQLMesh makes them anew.
  if (dialect_ == "athena" && HasExpressions(*model, members)) notes_.expressions_unproven = true;
  if (strict() && tag == "audit") CheckAudit(*model, members, where);
  if (tag == "seed" && dehydrate_seeds_) {
    SeedPlan plan = PlanSeed(value);
    seed_hashes_ = std::move(plan.hashes);
    if (!plan.kept_reason.empty()) seed_kept_hydrated_ = std::move(plan.kept_reason);
  }
  Location here{&where, tag};
  WriteMembers(*model, members, value, here);
  seed_hashes_.reset();
}

void RecordWriter::CheckAudit(const Model& model, const Members& members, const Location& where) {
  const element* blocking = members.Find(model, "blocking");
  bool flag = false;
  if (blocking == nullptr || blocking->get(flag) != simdjson::SUCCESS || !flag) return;
  errors_.Raise(
      where, Cat("Standalone audits cannot be blocking: '", members.FindText(model, "name"), "'."));
}

void RecordWriter::WriteKind(element value, const Location& where) {
  simdjson::dom::object object;
  std::string_view name;
  const Model* model = nullptr;
  if (value.get(object) == simdjson::SUCCESS) {
    if (object["name"].get(name) == simdjson::SUCCESS) model = FindKindModel(name);
  }
  if (model == nullptr) {
    if (!strict()) {
      AppendValue(value, &out_);
      return;
    }
    element given = value;
    bool named = !value.is_object() || object["name"].get(given) == simdjson::SUCCESS;
    errors_.Raise(where, Cat("Invalid model kind '", named ? PythonStr(given) : "None", "'"));
    return;
  }
  Members members;
  members.Read(*model, object);
  if (strict() && !CheckKind(*model, name, members, where)) return;
  WriteMembers(*model, members, value, where);
}

// SQLMesh checks the names of a kind's fields before pydantic does.
bool RecordWriter::CheckKind(const Model& model, std::string_view name, const Members& members,
                             const Location& where) {
  std::string missing;
  int count = 0;
  for (int i = 0; i < model.count; ++i) {
    const Field& field = model.fields[i];
    if (field.absent != Absent::kRequired || members.Has(i)) continue;
    AppendTo(&missing, count++ == 0 ? "'" : "', '", field.name);
  }
  if (count > 0) {
    errors_.Raise(where, Cat("Please add required field", count > 1 ? "s " : " ", missing,
                             "' to the MODEL block 'kind ", name, "' field."));
    return false;
  }
  if (strictness_ != Strictness::kStrict || members.unknown.empty()) return true;
  std::string extra;
  for (const auto& [unknown, value] : members.unknown) {
    AppendTo(&extra, extra.empty() ? "'" : "', '", unknown);
  }
  errors_.Raise(where, Cat("Invalid field name", members.unknown.size() > 1 ? "s" : "",
                           " present in the MODEL block 'kind ", name, "' field: ", extra, "'"));
  return false;
}

void RecordWriter::WriteTimeColumn(element value, const Location& where) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    out_.append("{\"column\":");
    AppendString(text, &out_);
    out_.push_back('}');
  } else if (value.is_object()) {
    Members members;
    members.Read(kTimeColumnModel, AsObject(value));
    members.unknown.clear();  // SQLMesh takes the two it knows
    WriteMembers(kTimeColumnModel, members, value, where);
  } else if (strict()) {
    errors_.Raise(where, Cat("Invalid time_column: '", PythonStr(value), "'."));
  } else {
    AppendValue(value, &out_);
  }
}

void RecordWriter::WriteColumns(element value, const Location& where) {
  simdjson::dom::object columns;
  if (value.get(columns) != simdjson::SUCCESS) {
    Wrong(where, "dict_type", "Input should be a valid dictionary", value);
    return;
  }
  out_.push_back('{');
  std::string text;
  for (auto [name, type] : columns) {
    Separate('{');
    text.clear();
    bool proven = AppendColumnName(rules_, name, &text);
    AppendString(text, &out_);
    out_.push_back(':');
    std::string_view spelling;
    if (type.get(spelling) != simdjson::SUCCESS) {
      Wrong(where, "value_error",
            Cat("Value error, Invalid data type: <class '", PythonType(type),
                "'>. Expected str or DType"),
            value);
      continue;
    }
    text.clear();
    proven = AppendColumnType(rules_, spelling, &text) && proven;
    AppendString(text, &out_);
    if (!proven) notes_.columns_unproven = true;
  }
  out_.push_back('}');
}

bool RecordWriter::Declares(simdjson::dom::object columns, const std::string& name,
                            std::string* scratch) {
  for (auto field : columns) {
    scratch->clear();
    AppendColumnName(rules_, field.key, scratch);
    if (*scratch == name) return true;
  }
  return false;
}

// Where the model declares its columns, SQLMesh drops descriptions of others.
void RecordWriter::WriteColumnTexts(element value, const Location& where) {
  simdjson::dom::object texts;
  if (value.get(texts) != simdjson::SUCCESS) {
    Wrong(where, "dict_type", "Input should be a valid dictionary", value);
    return;
  }
  simdjson::dom::object columns;
  bool declared =
      columns_ != nullptr && columns_->get(columns) == simdjson::SUCCESS && columns.size() > 0;
  out_.push_back('{');
  std::string name, column;
  for (auto [key, description] : texts) {
    name.clear();
    if (!AppendColumnName(rules_, key, &name)) notes_.columns_unproven = true;
    if (declared && !Declares(columns, name, &column)) continue;
    Separate('{');
    AppendString(name, &out_);
    out_.push_back(':');
    WriteText(description, Location{&where, key});
  }
  out_.push_back('}');
}

void RecordWriter::WriteDataType(element value, const Location& where) {
  std::string_view type;
  if (value.get(type) != simdjson::SUCCESS) {
    Wrong(where, "value_error",
          Cat("Value error, Invalid data type: <class '", PythonType(value),
              "'>. Expected str or DType"),
          value);
    return;
  }
  // Written by the dialect itself when it was stored, so it is stable.
  AppendString(type, &out_);
}

// Stored as "(WHEN ...)"; SQLMesh reads it without the parentheses and keeps
// the text between its first and last token.
void RecordWriter::WriteWhenMatched(element value, const Location& where) {
  std::string joined;
  std::string_view text;
  simdjson::dom::array clauses;
  if (value.get(clauses) == simdjson::SUCCESS) {
    for (element clause : clauses) AppendTo(&joined, joined.empty() ? "" : " ", PythonStr(clause));
    text = joined;
  } else if (value.get(text) != simdjson::SUCCESS) {
    Wrong(where, "string_type", "Input should be a valid string", value);
    return;
  }
  text = Trim(text);
  if (dialect_ == "athena") {  // whose parser loses the text: it is made anew, with parentheses
    notes_.when_matched_unproven = true;
    AppendString(text, &out_);
    return;
  }
  if (text.starts_with('(')) text = text.substr(1, text.size() < 2 ? 0 : text.size() - 2);
  text = Trim(text);
  AppendString(text, &out_);
  // A comment at either end would be cut off.
  bool plain = text.starts_with("WHEN ") && !text.ends_with("*/") && !text.ends_with(';') &&
               text.find("--") == text.npos && text.find('#') == text.npos;
  if (!plain) notes_.when_matched_unproven = true;
}

}  // namespace stateserver::state
