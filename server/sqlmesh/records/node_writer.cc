// SPDX-License-Identifier: Apache-2.0
//
// The node of a snapshot, its kind, and the spellings that depend on its dialect.
#include "server/sqlmesh/records/node_writer.h"

#include "common/text.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/loaded_texts.h"
#include "server/sqlmesh/records/python_repr.h"
#include "server/sqlmesh/records/record_writer.h"

namespace stateserver::state {

namespace {

using simdjson::dom::element;

constexpr std::string_view kTags = "'sql', 'seed', 'python', 'external', 'audit'";

// Accepts spellings that older releases stored and SQLMesh still reads.
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

std::optional<std::string> Text(const Members& settings, std::string_view name) {
  const element* value = settings.Find(kCsvSettingsModel, name);
  std::string_view text;
  if (value == nullptr || value->get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

std::optional<bool> Flag(const Members& settings, std::string_view name) {
  const element* value = settings.Find(kCsvSettingsModel, name);
  if (value == nullptr) return std::nullopt;
  return LooseBoolean(*value);
}

void ReadNaValues(const element& value, CsvSettings* settings) {
  settings->na_values.emplace();
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    settings->na_values_not_texts = true;
    return;
  }
  for (element item : list) {
    std::string_view text;
    if (item.get(text) == simdjson::SUCCESS) {
      settings->na_values->emplace_back(text);
    } else {
      settings->na_values_not_texts = true;
    }
  }
}

CsvSettings ReadCsvSettings(const element* kind) {
  CsvSettings settings;
  element object;
  if (kind == nullptr || !kind->is_object()) return settings;
  if ((*kind)["csv_settings"].get(object) != simdjson::SUCCESS || !object.is_object()) {
    return settings;
  }
  Members members;
  members.Read(kCsvSettingsModel, AsObject(object));
  settings.delimiter = Text(members, "delimiter");
  settings.quotechar = Text(members, "quotechar");
  settings.doublequote = Flag(members, "doublequote");
  settings.escapechar = Text(members, "escapechar");
  settings.skipinitialspace = Flag(members, "skipinitialspace");
  settings.lineterminator = Text(members, "lineterminator");
  settings.encoding = Text(members, "encoding");
  settings.keep_default_na = Flag(members, "keep_default_na");
  if (const element* values = members.Find(kCsvSettingsModel, "na_values")) {
    ReadNaValues(*values, &settings);
  }
  return settings;
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
  // Athena's parser loses the text of expressions, so SQLMesh regenerates them.
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
  return true;
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
    WriteMembers(kTimeColumnModel, members, value, where);
  } else if (strict()) {
    errors_.Raise(where, Cat("Invalid time_column: '", PythonStr(value), "'."));
  } else {
    AppendValue(value, &out_);
  }
}

void RecordWriter::WriteField(element value, const Location& where) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return WriteText(value, where);
  std::string spelled;
  AppendLoadedField(rules_, dialect_, text, &spelled, &notes_);
  AppendString(spelled, &out_);
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

// If the model declares its columns, SQLMesh drops descriptions of other columns.
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
  // The dialect itself wrote the type when it was stored, so it is stable.
  AppendString(type, &out_);
}

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
  AppendString(LoadedWhenMatched(dialect_, {}, text, &notes_), &out_);
}

SeedPlan PlanSeed(element node) {
  SeedPlan plan;
  auto find = [&](std::string_view name) -> std::optional<element> {
    element value;
    if (node[name].get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
    return value;
  };
  bool flag = true;
  auto hydrated = find("is_hydrated");
  if (hydrated && hydrated->get(flag) == simdjson::SUCCESS && !flag) return plan;
  auto seed = find("seed");
  std::string_view content, dialect;
  if (!seed || !seed->is_object()) return plan;
  if ((*seed)["content"].get(content) != simdjson::SUCCESS) return plan;
  bool needs_hashes = !find("column_hashes");
  bool needs_types = !find("columns") && !find("derived_columns_to_types");
  if (!needs_hashes && !needs_types) {
    plan.hashes.emplace();
    return plan;
  }
  if (auto text = find("dialect"); text && text->is_string()) dialect = text->get_string().value();
  auto kind = find("kind");
  plan.hashes = ComputeSeedHashes(content, ReadCsvSettings(kind ? &*kind : nullptr), dialect,
                                  &plan.kept_reason);
  if (!plan.hashes) {
    if (plan.kept_reason.empty()) plan.kept_reason = "its column hashes are not certain";
    return plan;
  }
  if (!needs_hashes) plan.hashes->column_hashes.clear();
  if (!needs_types) plan.hashes->derived_columns_to_types.clear();
  return plan;
}

// Returns true if it wrote the field of a seed that is stored without content.
bool RecordWriter::WriteSeedField(const Field& field, const element* value, const Location& where) {
  const std::vector<std::pair<std::string, std::string>>* map = nullptr;
  if (field.name == "seed") {
    Key(field.name);
    out_.append(R"({"content":"")");
    if (value != nullptr && value->is_object()) {
      Members seed;
      seed.Read(kSeedModel, AsObject(*value));
      WriteUnknown(seed, Location{&where, field.name});
    }
    out_.push_back('}');
    return true;
  }
  if (field.name == "is_hydrated") {
    Key(field.name);
    out_.append("false");
    return true;
  }
  if (field.name == "column_hashes") map = &seed_hashes_->column_hashes;
  if (field.name == "derived_columns_to_types") map = &seed_hashes_->derived_columns_to_types;
  if (map == nullptr || map->empty()) return false;
  Key(field.name);
  out_.push_back('{');
  for (const auto& [name, value] : *map) {
    Separate('{');
    AppendString(name, &out_);
    out_.push_back(':');
    AppendString(value, &out_);
  }
  out_.push_back('}');
  return true;
}

}  // namespace stateserver::state
