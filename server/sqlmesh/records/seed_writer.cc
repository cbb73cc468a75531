// SPDX-License-Identifier: Apache-2.0
//
// A seed as it is stored: without its content, with what SQLMesh keeps of it.
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/record_writer.h"
#include "server/sqlmesh/records/seed_plan.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

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

// Of a seed that is being dehydrated: true when it wrote the field.
bool RecordWriter::WriteSeedField(const Field& field) {
  const std::vector<std::pair<std::string, std::string>>* map = nullptr;
  if (field.name == "seed") {
    Key(field.name);
    out_.append(R"({"content":""})");
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
