// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/environment_codec.h"

#include <ctime>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/column_text.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/environment_name.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/time/time_like.h"

namespace stateserver::state {

namespace {

using simdjson::dom::element;

void Key(std::string_view name, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendTo(out, "\"", name, "\":");
}

void Text(std::string_view name, const std::optional<std::string>& value, std::string* out) {
  if (!value) return;
  Key(name, out);
  AppendString(*value, out);
}

void Number(std::string_view name, std::optional<int64_t> value, std::string* out) {
  if (!value) return;
  Key(name, out);
  AppendInteger(*value, out);
}

void Flag(std::string_view name, bool value, std::string* out) {
  Key(name, out);
  out->append(value ? "true" : "false");
}

constexpr std::string_view kHint =
    "The record cannot have come from `state export` of this release; export the state again.";

// Lists ignores the lists, whose elements are read individually elsewhere.
class Lists : public VolatileFields {
 public:
  Lists(ValidationErrors* errors, DecodedEnvironment* environment)
      : errors_(*errors), environment_(*environment) {}

  void OnVolatile(const Field& field, const element* value, const Location& where) override {
    if (value == nullptr) return;
    if (!value->is_array()) {
      errors_.Add(where, "list_type", "Input should be a valid list", *value);
      return;
    }
    element first;
    if (value->at(0).get(first) == simdjson::SUCCESS && !first.is_object()) {
      std::string_view type =
          field.name == "promoted_snapshot_ids" ? "SnapshotId" : "SnapshotTableInfo";
      errors_.Add(where, "value_error",
                  Cat("Value error, Must be a list of ", type, " dicts or objects"), *value);
    }
    if (field.name == "promoted_snapshot_ids") environment_.has_promoted_snapshot_ids = true;
    if (field.name == "previous_finalized_snapshots") {
      environment_.has_previous_finalized_snapshots = true;
    }
  }

 private:
  ValidationErrors& errors_;
  DecodedEnvironment& environment_;
};

// Implements time_like_to_str: a text is unchanged, a number becomes a date or a time.
std::string TimeText(element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  double real = 0;
  if (value.get(real) != simdjson::SUCCESS) return {};
  auto number = static_cast<int64_t>(real);
  auto date = DateNumberMs(number);
  time_t seconds = (date ? *date : number) / 1000;
  tm utc{};
  gmtime_r(&seconds, &utc);
  char buffer[40];
  size_t size = strftime(buffer, sizeof(buffer), date ? "%Y-%m-%d" : "%Y-%m-%d %H:%M:%S", &utc);
  std::string out(buffer, size);
  int64_t ms = date ? 0 : number % 1000;
  if (ms > 0) AppendTo(&out, ".", ms < 100 ? "0" : "", ms < 10 ? "0" : "", ms, "000");
  return out;
}

class RowReader {
 public:
  RowReader(const Members& members, RecordWriter* writer) : members_(members), writer_(*writer) {}

  std::optional<std::string> Text(std::string_view field) const {
    const element* value = members_.Find(kEnvironmentModel, field);
    std::string_view text;
    if (value == nullptr || value->get(text) != simdjson::SUCCESS) return std::nullopt;
    return std::string(text);
  }
  std::optional<int64_t> Number(std::string_view field) const {
    const element* value = members_.Find(kEnvironmentModel, field);
    if (value == nullptr) return std::nullopt;
    return writer_.ToInteger(*value, Location{});
  }
  std::optional<std::string> Time(std::string_view field) const {
    const element* value = members_.Find(kEnvironmentModel, field);
    return value == nullptr ? std::nullopt : std::optional(TimeText(*value));
  }
  bool Flag(std::string_view field, bool fallback) const {
    const element* value = members_.Find(kEnvironmentModel, field);
    return value == nullptr || value->is_null() ? fallback : IsTruthy(*value);
  }

 private:
  const Members& members_;
  RecordWriter& writer_;
};

void ReadRow(const Members& members, RecordWriter* writer, EnvironmentRow* row) {
  RowReader reader(members, writer);
  row->name = SanitizedEnvironmentName(reader.Text("name").value_or("prod"));
  row->start_at = reader.Time("start_at");
  row->end_at = reader.Time("end_at");
  // A falsy end counts as absent.
  const element* end = members.Find(kEnvironmentModel, "end_at");
  if (end != nullptr && !IsTruthy(*end)) row->end_at.reset();
  row->plan_id = reader.Text("plan_id").value_or("");
  row->previous_plan_id = reader.Text("previous_plan_id");
  row->expiration_ts = reader.Number("expiration_ts");
  row->finalized_ts = reader.Number("finalized_ts");
  row->suffix_target = reader.Text("suffix_target").value_or("schema");
  row->catalog_name_override = reader.Text("catalog_name_override");
  row->normalize_name = reader.Flag("normalize_name", true);
  row->gateway_managed = reader.Flag("gateway_managed", false);
  row->requirements = "{}";
  const element* requirements = members.Find(kEnvironmentModel, "requirements");
  if (requirements != nullptr && requirements->is_object()) {
    row->requirements->clear();
    AppendValue(*requirements, &*row->requirements);
  }
}

std::string Place(std::string_view environment, std::string_view list, int64_t index) {
  return Cat("environments.", environment, ".environment.", list, "[", index, "]");
}

// Checks a name or identifier by which an entry refers to a snapshot.
absl::Status CheckName(std::string_view environment, std::string_view list, int64_t index,
                       std::string_view text) {
  return CheckColumnTexts(
      Place(environment, list, index), {{"the snapshot's id", text}},
      {{"environment", std::string(environment)}, {"index", std::to_string(index)}});
}

absl::Status CheckColumns(std::string_view key, const EnvironmentRow& row) {
  return CheckColumnTexts(Cat("environments.", key),
                          {{"key", key},
                           {"name", row.name},
                           {"start_at", row.start_at.value_or("")},
                           {"end_at", row.end_at.value_or("")},
                           {"plan_id", row.plan_id},
                           {"previous_plan_id", row.previous_plan_id.value_or("")},
                           {"suffix_target", row.suffix_target.value_or("")},
                           {"catalog_name_override", row.catalog_name_override.value_or("")}},
                          {{"environment", std::string(key)}});
}

}  // namespace

void AppendEnvironmentHead(const EnvironmentRow& row, std::string* out) {
  out->push_back('{');
  Text("name", row.name, out);
  Text("start_at", row.start_at, out);
  Text("end_at", row.end_at, out);
  Text("plan_id", row.plan_id, out);
  Text("previous_plan_id", row.previous_plan_id, out);
  Number("expiration_ts", row.expiration_ts, out);
  Number("finalized_ts", row.finalized_ts, out);
  Text("suffix_target", row.suffix_target.value_or("schema"), out);
  Text("catalog_name_override", row.catalog_name_override, out);
  Flag("normalize_name", row.normalize_name.value_or(true), out);
  Flag("gateway_managed", row.gateway_managed.value_or(false), out);
}

absl::Status AppendEnvironmentTail(const EnvironmentRow& row, std::string* out) {
  std::string_view text = row.requirements ? std::string_view(*row.requirements) : "{}";
  simdjson::dom::parser parser;
  simdjson::dom::element requirements;
  std::string what = Cat("The column requirements of the environment '", row.name, "'");
  RETURN_IF_ERROR(ParseDocument(&parser, text.empty() ? "{}" : text, Reason::STATE_CORRUPT, what,
                                &requirements));
  if (!requirements.is_object() && !requirements.is_null()) {
    return Error(Reason::STATE_CORRUPT, Cat(what, " is not a JSON object."), "",
                 {{"environment", row.name}});
  }
  out->append(",\"requirements\":");
  if (requirements.is_null()) {
    out->append("{}");
  } else {
    AppendValue(requirements, out);
  }
  out->push_back('}');
  return absl::OkStatus();
}

absl::StatusOr<DecodedEnvironment> EnvironmentCodec::Decode(std::string_view key,
                                                            std::string_view json) {
  RETURN_IF_ERROR(ParseDocument(&parser_, json, Reason::RECORD_INVALID,
                                Cat("The environment '", key, "'"), &root_));
  DecodedEnvironment environment;
  errors_.Clear();
  scratch_.clear();
  Lists lists(&errors_, &environment);
  RecordWriter writer(Strictness::kStrict, &scratch_, &errors_, &notes_);
  writer.set_volatile_fields(&lists);
  writer.WriteObject(kEnvironmentWithStatementsModel, root_, Location{});
  if (!errors_.empty()) {
    return Error(Reason::RECORD_INVALID, errors_.Message("EnvironmentWithStatements"), kHint,
                 {{"environment", std::string(key)}, {"field", errors_.field()}});
  }
  element inner;
  if (root_["environment"].get(inner) == simdjson::SUCCESS) {
    members_.Read(kEnvironmentModel, AsObject(inner));
    for (const auto& [name, value] : members_.unknown) {
      environment.unstored_fields.Add(Cat("environment.", name));
    }
    ReadRow(members_, &writer, &environment.row);
    RETURN_IF_ERROR(CheckColumns(key, environment.row));
  }
  members_.Read(kEnvironmentWithStatementsModel, AsObject(root_));
  for (const auto& [name, value] : members_.unknown) {
    environment.unstored_fields.Add(std::string(name));
  }
  element statements;
  if (root_["statements"].get(statements) == simdjson::SUCCESS && IsTruthy(statements)) {
    EncodeNotes notes;
    Location root;
    RecordWriter list(Strictness::kStrict, &environment.statements_json, &errors_, &notes);
    list.WriteValue(kEnvironmentWithStatementsModel.fields[1], statements,
                    Location{&root, "statements"});
    environment.unknown_fields = std::move(notes.unknown_fields);
  }
  return environment;
}

absl::Status EnvironmentCodec::CheckElement(const Model& model, std::string_view environment,
                                            std::string_view list, int64_t index,
                                            std::string_view json) {
  std::string place = Place(environment, list, index);
  RETURN_IF_ERROR(ParseDocument(&parser_, json, Reason::RECORD_INVALID, place, &root_));
  errors_.Clear();
  scratch_.clear();
  notes_ = {};
  RecordWriter writer(Strictness::kStrict, &scratch_, &errors_, &notes_);
  writer.WriteObject(model, root_, Location{});
  if (errors_.empty()) {
    members_.Read(model, AsObject(root_));
    return absl::OkStatus();
  }
  return Error(Reason::RECORD_INVALID, Cat(place, ": ", errors_.Message(model.name)),
               "SQLMesh would store this entry and fail when it reads the environment; remove it "
               "from the file or export the state again.",
               {{"environment", std::string(environment)},
                {"index", std::to_string(index)},
                {"field", errors_.field()}});
}

TableInfoFacts EnvironmentCodec::ReadFacts() const {
  TableInfoFacts facts;
  facts.name = members_.FindText(kTableInfoModel, "name");
  facts.version = members_.FindText(kTableInfoModel, "version");
  facts.kind_name = members_.FindText(kTableInfoModel, "kind_name");
  Fingerprint fingerprint;
  const element* value = members_.Find(kTableInfoModel, "fingerprint");
  if (value != nullptr && ReadFingerprint(*value, &fingerprint)) {
    facts.identifier = fingerprint.Identifier();
  }
  return facts;
}

absl::StatusOr<TableInfoFacts> EnvironmentCodec::ReadTableInfo(std::string_view environment,
                                                               std::string_view list, int64_t index,
                                                               std::string_view json) {
  RETURN_IF_ERROR(CheckElement(kTableInfoModel, environment, list, index, json));
  TableInfoFacts facts = ReadFacts();
  RETURN_IF_ERROR(CheckName(environment, list, index, facts.name));
  return facts;
}

absl::StatusOr<SnapshotIdFacts> EnvironmentCodec::ReadSnapshotId(std::string_view environment,
                                                                 int64_t index,
                                                                 std::string_view json) {
  constexpr std::string_view kList = "promoted_snapshot_ids";
  RETURN_IF_ERROR(CheckElement(kSnapshotIdModel, environment, kList, index, json));
  SnapshotIdFacts facts{members_.FindText(kSnapshotIdModel, "name"),
                        members_.FindText(kSnapshotIdModel, "identifier")};
  RETURN_IF_ERROR(CheckName(environment, kList, index, facts.name));
  RETURN_IF_ERROR(CheckName(environment, kList, index, facts.identifier));
  return facts;
}

}  // namespace stateserver::state
