// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/snapshot_codec.h"

#include <zlib.h>

#include <functional>
#include <initializer_list>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/column_fields.h"
#include "server/sqlmesh/records/column_text.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/loaded_texts.h"
#include "server/sqlmesh/records/node_writer.h"
#include "server/sqlmesh/time/time_like.h"

namespace stateserver::state {

namespace {

using simdjson::dom::element;

std::string HashData(std::initializer_list<std::string_view> parts) {
  uLong crc = crc32_z(0, nullptr, 0);
  bool first = true;
  for (std::string_view part : parts) {
    if (!first) crc = crc32_z(crc, reinterpret_cast<const Bytef*>(";"), 1);
    first = false;
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
  }
  return std::to_string(crc);
}

std::optional<int64_t> Integer(const element* value) {
  int64_t number;
  if (value == nullptr || value->get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

bool Flag(simdjson::simdjson_result<element> value) {
  bool flag = false;
  return value.get(flag) == simdjson::SUCCESS && flag;
}

std::string_view Text(simdjson::simdjson_result<element> value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

// The first schema version that stores the field outside the JSON.
constexpr int kLastAlteredSince = 99;

void AppendIntervals(const Intervals& intervals, std::string* out) {
  out->push_back('[');
  for (const Interval& interval : intervals) {
    if (out->back() != '[') out->push_back(',');
    out->push_back('[');
    AppendInteger(interval.start, out);
    out->push_back(',');
    AppendInteger(interval.end, out);
    out->push_back(']');
  }
  out->push_back(']');
}

// OverlayFields writes the top-level fields that do not come from the stored JSON.
class OverlayFields : public VolatileFields {
 public:
  OverlayFields(const SnapshotOverlay& overlay, int schema_version, RecordWriter* writer,
                std::string* out)
      : overlay_(overlay), schema_version_(schema_version), writer_(*writer), out_(*out) {}

  void OnVolatile(const Field& field, const element* stored, const Location&) override {
    const std::string_view name = field.name;
    if (name == "intervals") {
      List(name, overlay_.intervals);
    } else if (name == "dev_intervals") {
      List(name, overlay_.dev_intervals);
    } else if (name == "pending_restatement_intervals") {
      List(name, overlay_.pending_restatement_intervals);
    } else if (name == "updated_ts") {
      Number(name, overlay_.updated_ts, nullptr);
    } else if (name == "unpaused_ts") {
      Number(name, overlay_.unpaused_ts, nullptr);
    } else if (name == "next_auto_restatement_ts") {
      Number(name, overlay_.next_auto_restatement_ts, nullptr);
    } else if (name == "unrestorable") {
      Flag(name, overlay_.unrestorable, nullptr);
    } else if (name == "forward_only") {
      ForwardOnly(stored);
    } else {
      bool since = schema_version_ >= kLastAlteredSince;
      auto value =
          name == "last_altered_ts" ? overlay_.last_altered_ts : overlay_.dev_last_altered_ts;
      Number(name, since ? value : std::nullopt, stored);
    }
  }

 private:
  void List(std::string_view name, const Intervals& intervals) {
    writer_.Key(name);
    AppendIntervals(intervals, &out_);
  }

  void Number(std::string_view name, std::optional<int64_t> value, const element* stored) {
    if (!value && stored == nullptr) return;
    writer_.Key(name);
    if (value) {
      AppendInteger(*value, &out_);
    } else {
      AppendValue(*stored, &out_);
    }
  }

  void Flag(std::string_view name, std::optional<bool> value, const element* stored) {
    writer_.Key(name);
    if (value || stored == nullptr) {
      out_.append(value.value_or(false) ? "true" : "false");
    } else {
      AppendValue(*stored, &out_);
    }
  }

  // Older releases store it in the JSON, or do not know it.
  void ForwardOnly(const element* stored) {
    if (schema_version_ >= kForwardOnlySince) {
      Flag("forward_only", overlay_.forward_only, stored);
    } else if (stored != nullptr) {
      Flag("forward_only", std::nullopt, stored);
    }
  }

  const SnapshotOverlay& overlay_;
  int schema_version_;
  RecordWriter& writer_;
  std::string& out_;
};

// Appends the stored members in their order, and inserts the overlay's fields at their positions in
// the models' order. `append_node` appends the member of that name.
void AppendStored(simdjson::dom::object stored, const Members& members, OverlayFields* overlay,
                  const std::function<void(element)>& append_node, std::string* out) {
  Location root;
  int next = 0;  // the first field of the table not yet passed
  auto pass = [&](int until) {
    for (; next < until; ++next) {
      const Field& field = kSnapshotModel.fields[next];
      if (field.shape != Shape::kVolatile) continue;
      overlay->OnVolatile(field, members.Has(next) ? &members.value[next] : nullptr, root);
    }
  };
  out->push_back('{');
  for (auto [key, value] : stored) {
    int field = FindField(kSnapshotModel, key, next);
    if (field >= next) pass(field);
    if (field >= 0 && kSnapshotModel.fields[field].shape == Shape::kVolatile) continue;
    if (field >= next) next = field + 1;
    if (out->back() != '{') out->push_back(',');
    AppendString(key, out);
    out->push_back(':');
    key == "node" ? append_node(value) : AppendValue(value, out);
  }
  pass(kSnapshotModel.count);
  out->push_back('}');
}

constexpr std::string_view kSnapshotHint =
    "The record cannot have come from `state export` of this release; export the state again.";

// An audit has no kind; a node without a kind has its type's default.
std::optional<std::string> KindName(const element* node) {
  std::string_view name;
  if (node == nullptr || !node->is_object()) return std::nullopt;
  element kind;
  if ((*node)["kind"].get(kind) == simdjson::SUCCESS) {
    if (kind["name"].get(name) == simdjson::SUCCESS) return std::string(name);
    return std::nullopt;
  }
  std::string_view type;
  if ((*node)["source_type"].get(type) != simdjson::SUCCESS) return std::nullopt;
  if (type == "sql") return "VIEW";
  if (type == "python") return "FULL";
  if (type == "external") return "EXTERNAL";
  return std::nullopt;
}

constexpr std::string_view kOlderHint =
    "The record cannot have come from `state export`; export the state again.";

void AppendMember(std::string_view key, element value, std::string* out) {
  if (out->back() != '{') out->push_back(',');
  AppendString(key, out);
  out->push_back(':');
  AppendValue(value, out);
}

void AppendTexts(std::string_view key,
                 const std::vector<std::pair<std::string, std::string>>& texts, std::string* out) {
  if (texts.empty()) return;
  AppendTo(out, ",\"", key, "\":{");
  for (const auto& [name, value] : texts) {
    if (out->back() != '{') out->push_back(',');
    AppendString(name, out);
    out->push_back(':');
    AppendString(value, out);
  }
  out->push_back('}');
}

// Appends the members that are not fields of the model.
void AppendUnknown(const Model& model, simdjson::dom::object object, std::string* out) {
  for (auto [key, value] : object) {
    if (FindField(model, key, 0) < 0) AppendMember(key, value, out);
  }
}

// Appends a seed as SQLMesh stores it: without its content, unless its hashes are not certain.
void AppendNode(element node, std::string* out, std::string* kept_reason) {
  SeedPlan plan = PlanSeed(node);
  *kept_reason = plan.kept_reason;
  if (!plan.hashes.has_value()) return AppendValue(node, out);
  out->push_back('{');
  for (auto [key, value] : AsObject(node)) {
    if (key != "seed" && key != "is_hydrated") AppendMember(key, value, out);
  }
  out->append(R"(,"seed":{"content":"")");
  element seed;
  if (node["seed"].get(seed) == simdjson::SUCCESS) AppendUnknown(kSeedModel, AsObject(seed), out);
  out->append(R"(},"is_hydrated":false)");
  AppendTexts("column_hashes", plan.hashes->column_hashes, out);
  AppendTexts("derived_columns_to_types", plan.hashes->derived_columns_to_types, out);
  out->push_back('}');
}

// SQLMesh's DATA_VERSION_LIMIT.
constexpr size_t kPreviousVersions = 10;

std::string_view Text(const element* object, std::string_view name) {
  std::string_view text;
  if (object == nullptr || (*object)[name].get(text) != simdjson::SUCCESS) return {};
  return text;
}

bool IsAudit(const element* node) { return Text(node, "source_type") == "audit"; }

// Returns the middle part of `"catalog"."schema"."table"`.
std::string SchemaOf(std::string_view name) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (char c : name) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts.size() < 2 ? "" : parts[parts.size() - 2];
}

// Returns Snapshot.physical_schema: stored, or that of the model.
std::string PhysicalSchema(const Members& members, const element* node) {
  if (members.Find(kSnapshotModel, "physical_schema") != nullptr) {
    return std::string(members.FindText(kSnapshotModel, "physical_schema"));
  }
  if (IsAudit(node)) return "";
  std::string_view given = Text(node, "physical_schema_override");
  if (!given.empty()) return std::string(given);
  return Cat("sqlmesh__", SchemaOf(members.FindText(kSnapshotModel, "name")));
}

std::string_view VirtualMode(const element* node) {
  std::string_view mode = IsAudit(node) ? "" : Text(node, "virtual_environment_mode");
  return mode.empty() ? "full" : mode;
}

void AppendText(std::string_view key, std::string_view value, std::string* out) {
  AppendTo(out, out->back() == '{' ? "\"" : ",\"", key, "\":");
  AppendString(value, out);
}

// Appends a fingerprint with the unknown fields of `stored`, which may be null.
void AppendHashes(const Fingerprint& fingerprint, const element* stored, std::string* out) {
  out->push_back('{');
  AppendText("data_hash", fingerprint.data_hash, out);
  AppendText("metadata_hash", fingerprint.metadata_hash, out);
  AppendText("parent_data_hash", fingerprint.parent_data_hash, out);
  AppendText("parent_metadata_hash", fingerprint.parent_metadata_hash, out);
  if (stored != nullptr) AppendUnknown(kFingerprintModel, AsObject(*stored), out);
  out->push_back('}');
}

void AppendMember(const Members& members, std::string_view key, std::string* out) {
  const element* value = members.Find(kSnapshotModel, key);
  if (value == nullptr) return;
  AppendTo(out, ",\"", key, "\":");
  AppendValue(*value, out);
}

// Appends the fields that a table info and a data version have in common.
void AppendVersionFields(const Members& members, const Fingerprint& fingerprint, std::string* out) {
  const element* node = members.Find(kSnapshotModel, "node");
  std::string dev_version(members.FindText(kSnapshotModel, "dev_version"));
  if (dev_version.empty()) dev_version = fingerprint.Version();
  AppendText("dev_version", dev_version, out);
  AppendText("version", members.FindText(kSnapshotModel, "version"), out);
  AppendMember(members, "change_category", out);
  AppendText("physical_schema", PhysicalSchema(members, node), out);
  std::string_view suffix = members.FindText(kSnapshotModel, "dev_table_suffix");
  AppendText("dev_table_suffix", suffix.empty() ? "dev" : suffix, out);
  AppendMember(members, "table_naming_convention", out);
  AppendText("virtual_environment_mode", VirtualMode(node), out);
}

// Appends the stored versions and the version itself.
void AppendVersions(const Members& members, const Fingerprint& fingerprint, std::string* out) {
  out->push_back('[');
  // A default-constructed array cannot be iterated.
  if (const element* stored = members.Find(kSnapshotModel, "previous_versions")) {
    size_t count = 0;
    for ([[maybe_unused]] element version : AsArray(*stored)) ++count;
    size_t skip = count >= kPreviousVersions ? count - (kPreviousVersions - 1) : 0;
    for (element version : AsArray(*stored)) {
      if (skip > 0) {
        --skip;
        continue;
      }
      AppendValue(version, out);
      out->push_back(',');
    }
  }
  out->append("{\"fingerprint\":");
  AppendHashes(fingerprint, members.Find(kSnapshotModel, "fingerprint"), out);
  AppendVersionFields(members, fingerprint, out);
  out->append("}]");
}

// Appends the unknown fields that the stored list has for a parent.
void AppendUnknownOfParent(const element* stored, std::string_view name, std::string* out) {
  if (stored == nullptr || !stored->is_array()) return;
  for (element parent : AsArray(*stored)) {
    if (parent.is_object() && Text(parent["name"]) == name)
      return AppendUnknown(kSnapshotIdModel, AsObject(parent), out);
  }
}

void AppendParents(const MigratedFields& fields, const element* stored, std::string* out) {
  out->push_back('[');
  for (const MigratedFields::Parent& parent : fields.parents) {
    if (out->back() != '[') out->push_back(',');
    out->push_back('{');
    AppendText("name", parent.name, out);
    AppendText("identifier", parent.identifier, out);
    AppendUnknownOfParent(stored, parent.name, out);
    out->push_back('}');
  }
  out->push_back(']');
}

// Implements SQLMesh's Snapshot._ensure_categorized.
absl::Status CheckCategorized(const Members& members) {
  std::string_view lacking;
  if (members.FindText(kSnapshotModel, "version").empty()) lacking = "version";
  if (members.Find(kSnapshotModel, "change_category") == nullptr) lacking = "change_category";
  if (lacking.empty()) return absl::OkStatus();
  std::string name(members.FindText(kSnapshotModel, "name"));
  return Error(Reason::STATE_CORRUPT, Cat("The stored snapshot '", name, "' has no ", lacking, "."),
               "", {{"record", name}, {"field", std::string(lacking)}});
}

// LastAltered writes the only two fields that are in both the columns and the JSON.
class LastAltered : public VolatileFields {
 public:
  LastAltered(RecordWriter* writer, std::string* out) : writer_(*writer), out_(*out) {}
  void OnVolatile(const Field& field, const element* value, const Location&) override {
    if (value == nullptr) return;
    if (field.name != "last_altered_ts" && field.name != "dev_last_altered_ts") return;
    writer_.Key(field.name);
    AppendValue(*value, &out_);
  }

 private:
  RecordWriter& writer_;
  std::string& out_;
};

}  // namespace

std::string Fingerprint::Identifier() const {
  return HashData({data_hash, metadata_hash, parent_data_hash, parent_metadata_hash});
}

std::string Fingerprint::Version() const { return HashData({data_hash, parent_data_hash}); }

bool ReadFingerprint(element value, Fingerprint* fingerprint) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return false;
  *fingerprint = Fingerprint();
  int found = 0;
  for (auto [key, part] : object) {
    std::string_view text;
    if (part.get(text) != simdjson::SUCCESS) continue;
    if (key == "data_hash") {
      fingerprint->data_hash = text;
      found |= 1;
    } else if (key == "metadata_hash") {
      fingerprint->metadata_hash = text;
      found |= 2;
    } else if (key == "parent_data_hash") {
      fingerprint->parent_data_hash = text;
    } else if (key == "parent_metadata_hash") {
      fingerprint->parent_metadata_hash = text;
    }
  }
  return found == 3;
}

absl::Status SnapshotCodec::Parse(std::string_view stored_json) {
  RETURN_IF_ERROR(
      ParseDocument(&parser_, stored_json, Reason::STATE_CORRUPT, "A stored snapshot", &root_));
  simdjson::dom::object object;
  if (root_.get(object) != simdjson::SUCCESS) {
    return Error(Reason::STATE_CORRUPT, "A stored snapshot is not a JSON object.");
  }
  members_.Read(kSnapshotModel, object);
  std::string_view name = members_.FindText(kSnapshotModel, "name");
  const element* fingerprint = members_.Find(kSnapshotModel, "fingerprint");
  if (name.empty() || fingerprint == nullptr || !ReadFingerprint(*fingerprint, &fingerprint_)) {
    return Error(Reason::STATE_CORRUPT,
                 Cat("The stored snapshot '", name, "' has no ",
                     name.empty() ? "name" : "complete fingerprint", "."),
                 "", {{"record", std::string(name)}});
  }
  return absl::OkStatus();
}

absl::StatusOr<SnapshotFacts> SnapshotCodec::Facts() {
  SnapshotFacts facts;
  facts.name = members_.FindText(kSnapshotModel, "name");
  facts.identifier = fingerprint_.Identifier();
  facts.version = members_.FindText(kSnapshotModel, "version");
  if (facts.version.empty()) facts.version = fingerprint_.Version();
  facts.dev_version = members_.FindText(kSnapshotModel, "dev_version");
  if (facts.dev_version.empty()) facts.dev_version = fingerprint_.Version();
  if (const element* from = members_.Find(kSnapshotModel, "effective_from")) {
    facts.effective_from_is_number = !from->is_string();
    if (facts.effective_from_is_number) {
      AppendValue(*from, &facts.effective_from);
    } else {
      facts.effective_from = members_.FindText(kSnapshotModel, "effective_from");
    }
  }
  facts.last_altered_ts = Integer(members_.Find(kSnapshotModel, "last_altered_ts"));
  facts.dev_last_altered_ts = Integer(members_.Find(kSnapshotModel, "dev_last_altered_ts"));
  const element* node = members_.Find(kSnapshotModel, "node");
  if (node == nullptr || !node->is_object()) {
    return Error(Reason::STATE_CORRUPT, Cat("The stored snapshot '", facts.name, "' has no node."),
                 "", {{"record", std::string(facts.name)}, {"identifier", facts.identifier}});
  }
  facts.dialect = Text((*node)["dialect"]);
  facts.kind_name = Text((*node)["kind"]["name"]);
  facts.interval_unit = Text((*node)["interval_unit"]);
  facts.cron = Text((*node)["cron"]);
  if (facts.cron.empty()) facts.cron = "@daily";
  facts.allow_partials = Flag((*node)["allow_partials"]);
  return facts;
}

absl::Status SnapshotCodec::AppendExport(const SnapshotOverlay& overlay, int schema_version,
                                         std::string* out, EncodeNotes* notes) {
  errors_.Clear();
  RecordWriter writer(Strictness::kLenient, out, &errors_, notes);
  OverlayFields fields(overlay, schema_version, &writer, out);
  writer.set_volatile_fields(&fields);
  if (schema_version == kCodecSchemaVersion) {
    writer.WriteMembers(kSnapshotModel, members_, root_, Location{});
  } else {
    auto append_node = [&](element node) {
      if (schema_version > kCodecSchemaVersion) return AppendValue(node, out);
      AppendOlderNode(node, schema_version, sqlglot_, out, notes);
    };
    AppendStored(AsObject(root_), members_, &fields, append_node, out);
  }
  return absl::OkStatus();
}

// The record must have a `ttl`.
void ReadTimeToLive(const Members& members, DecodedSnapshot* snapshot, ValidationErrors* errors) {
  const element* value = members.Find(kSnapshotModel, "ttl");
  std::string_view ttl = members.FindText(kSnapshotModel, "ttl");
  auto ms = TtlMs(ttl, snapshot->updated_ts);
  if (ms && *ms >= 0) {
    snapshot->ttl_ms = *ms;
    return;
  }
  Location root;
  bool past = ms || ttl.ends_with(" ago");
  errors->Add(Location{&root, "ttl"}, "value_error",
              past ? "Value error, Must be positive. Use the 'in' keyword to denote a positive "
                     "time interval. For example, 'in 7 days'."
                   : Cat("Value error, Could not convert `", ttl, "` to datetime."),
              *value);
}

absl::Status CheckColumns(const DecodedSnapshot& snapshot) {
  return CheckColumnTexts("A snapshot",
                          {{"name", snapshot.name},
                           {"version", snapshot.version},
                           {"dev_version", snapshot.dev_version},
                           {"node.kind.name", snapshot.kind_name.value_or("")}},
                          {{"record", snapshot.name}, {"identifier", snapshot.identifier}});
}

// Fills the columns that repeat values of the JSON.
void ReadKeys(const Members& members, const Fingerprint& fingerprint, DecodedSnapshot* snapshot) {
  AppendHashes(fingerprint, members.Find(kSnapshotModel, "fingerprint"),
               &snapshot->fingerprint_json);
  snapshot->version = members.FindText(kSnapshotModel, "version");
  snapshot->has_version = members.Find(kSnapshotModel, "version") != nullptr;
  if (snapshot->version.empty()) snapshot->version = fingerprint.Version();
  snapshot->dev_version = members.FindText(kSnapshotModel, "dev_version");
  if (snapshot->dev_version.empty()) snapshot->dev_version = fingerprint.Version();
  snapshot->kind_name = KindName(members.Find(kSnapshotModel, "node"));
}

absl::StatusOr<DecodedSnapshot> SnapshotCodec::Decode(std::string_view record_json) {
  RETURN_IF_ERROR(
      ParseDocument(&parser_, record_json, Reason::RECORD_INVALID, "A snapshot", &root_));
  errors_.Clear();
  simdjson::dom::object object;
  if (root_.get(object) != simdjson::SUCCESS) {
    errors_.Add(Location{}, "model_type",
                "Input should be a valid dictionary or instance of Snapshot", root_);
    return Error(Reason::RECORD_INVALID, errors_.Message("Snapshot"), kSnapshotHint);
  }
  members_.Read(kSnapshotModel, object);

  DecodedSnapshot snapshot;
  snapshot.stored_json.reserve(record_json.size());
  EncodeNotes notes;
  RecordWriter writer(Strictness::kStrict, &snapshot.stored_json, &errors_, &notes);
  ColumnFields columns(&writer, &errors_, &snapshot.stored_json, &snapshot);
  writer.set_volatile_fields(&columns);
  writer.set_dehydrate_seeds(true);
  writer.WriteMembers(kSnapshotModel, members_, root_, Location{});

  if (errors_.empty()) ReadTimeToLive(members_, &snapshot, &errors_);

  snapshot.name = members_.FindText(kSnapshotModel, "name");
  const element* fingerprint = members_.Find(kSnapshotModel, "fingerprint");
  bool complete = fingerprint != nullptr && ReadFingerprint(*fingerprint, &fingerprint_);
  if (complete) snapshot.identifier = fingerprint_.Identifier();
  if (!errors_.empty()) {
    return Error(Reason::RECORD_INVALID, errors_.Message("Snapshot"), kSnapshotHint,
                 {{"record", snapshot.name},
                  {"identifier", snapshot.identifier},
                  {"field", errors_.field()}});
  }
  ReadKeys(members_, fingerprint_, &snapshot);
  RETURN_IF_ERROR(CheckColumns(snapshot));
  snapshot.unknown_fields = std::move(notes.unknown_fields);
  snapshot.seed_kept_reason = writer.seed_kept_hydrated();
  snapshot.seed_kept_hydrated = !snapshot.seed_kept_reason.empty();
  return snapshot;
}

absl::StatusOr<DecodedSnapshot> SnapshotCodec::DecodeOlder(std::string_view record_json,
                                                           int schema_version) {
  RETURN_IF_ERROR(
      ParseDocument(&parser_, record_json, Reason::RECORD_INVALID, "A snapshot", &root_));
  errors_.Clear();
  simdjson::dom::object object;
  if (root_.get(object) != simdjson::SUCCESS) {
    return Error(Reason::RECORD_INVALID, "A snapshot is not a JSON object", kOlderHint);
  }
  members_.Read(kSnapshotModel, object);
  DecodedSnapshot snapshot;
  snapshot.name = members_.FindText(kSnapshotModel, "name");
  const element* fingerprint = members_.Find(kSnapshotModel, "fingerprint");
  bool complete = fingerprint != nullptr && ReadFingerprint(*fingerprint, &fingerprint_);
  if (complete) snapshot.identifier = fingerprint_.Identifier();
  const element* node = members_.Find(kSnapshotModel, "node");
  auto wrong = [&](std::string_view what, std::string_view field) {
    return Error(Reason::RECORD_INVALID, what, kOlderHint,
                 {{"record", snapshot.name},
                  {"identifier", snapshot.identifier},
                  {"field", std::string(field)}});
  };
  if (snapshot.name.empty()) return wrong("A snapshot has no name", "name");
  if (!complete) return wrong("A snapshot has no complete fingerprint", "fingerprint");
  if (node == nullptr || !node->is_object()) return wrong("A snapshot has no node", "node");

  std::string& out = snapshot.stored_json;
  out.reserve(record_json.size());
  out.push_back('{');
  EncodeNotes notes;
  RecordWriter writer(Strictness::kStrict, &out, &errors_, &notes);
  ColumnFields columns(&writer, &errors_, &out, &snapshot);
  Location root;
  for (auto [key, value] : object) {
    int at = FindField(kSnapshotModel, key, 0);
    if (value.is_null() && at >= 0) continue;
    bool in_json = at < 0 || kSnapshotModel.fields[at].shape != Shape::kVolatile ||
                   (key == "forward_only" && schema_version < kForwardOnlySince);
    if (!in_json) {
      const Field& field = kSnapshotModel.fields[at];
      columns.OnVolatile(field, &value, Location{&root, field.name});
    } else if (key == "node") {
      writer.Key(key);
      AppendNode(value, &out, &snapshot.seed_kept_reason);
    } else {
      AppendMember(key, value, &out);
    }
  }
  out.push_back('}');
  for (std::string_view required : {"updated_ts", "ttl"}) {
    if (members_.Find(kSnapshotModel, required) == nullptr) {
      return wrong(Cat("A snapshot has no ", required), required);
    }
  }
  if (!errors_.empty()) return wrong(errors_.Message("Snapshot"), errors_.field());
  ReadTimeToLive(members_, &snapshot, &errors_);
  if (!errors_.empty()) return wrong(errors_.Message("Snapshot"), errors_.field());
  ReadKeys(members_, fingerprint_, &snapshot);
  RETURN_IF_ERROR(CheckColumns(snapshot));
  snapshot.seed_kept_hydrated = !snapshot.seed_kept_reason.empty();
  return snapshot;
}

void SnapshotCodec::AppendFingerprint(const Fingerprint& fingerprint, std::string* out) const {
  AppendHashes(fingerprint, members_.Find(kSnapshotModel, "fingerprint"), out);
}

absl::Status SnapshotCodec::Migrate(const MigratedFields& fields) {
  RETURN_IF_ERROR(CheckCategorized(members_));
  std::string dev_version(members_.FindText(kSnapshotModel, "dev_version"));
  if (dev_version.empty()) dev_version = fingerprint_.Version();
  std::string made = "{\"migrated\":true";
  AppendText("dev_version", dev_version, &made);
  made.append(",\"fingerprint\":");
  AppendFingerprint(fields.fingerprint, &made);
  made.append(",\"parents\":");
  AppendParents(fields, members_.Find(kSnapshotModel, "parents"), &made);
  made.append(",\"previous_versions\":");
  AppendVersions(members_, fingerprint_, &made);
  made.push_back('}');
  element root;
  RETURN_IF_ERROR(
      ParseDocument(&made_parser_, made, Reason::INTERNAL, "A migrated snapshot", &root));
  for (auto [key, value] : AsObject(root)) {
    int field = FindField(kSnapshotModel, key, 0);
    members_.value[field] = value;
    members_.present |= uint64_t{1} << field;
    if (key == "fingerprint") ReadFingerprint(value, &fingerprint_);
  }
  members_.present &= ~FieldBit(kSnapshotModel, "effective_from");
  return absl::OkStatus();
}

void SnapshotCodec::AppendDocument(std::string* out, EncodeNotes* notes) {
  errors_.Clear();
  RecordWriter writer(Strictness::kLenient, out, &errors_, notes);
  LastAltered columns(&writer, out);
  writer.set_volatile_fields(&columns);
  writer.set_dehydrate_seeds(true);
  writer.WriteMembers(kSnapshotModel, members_, root_, Location{});
}

absl::Status SnapshotCodec::AppendTableInfo(bool forward_only, std::string* out) {
  RETURN_IF_ERROR(CheckCategorized(members_));
  const element* node = members_.Find(kSnapshotModel, "node");
  element kind;
  bool has_kind = node != nullptr && (*node)["kind"].get(kind) == simdjson::SUCCESS;
  std::string_view kind_name = Text(has_kind ? &kind : nullptr, "name");
  std::string raw = "{";
  AppendText("name", members_.FindText(kSnapshotModel, "name"), &raw);
  AppendVersionFields(members_, fingerprint_, &raw);
  raw.append(",\"fingerprint\":");
  AppendFingerprint(fingerprint_, &raw);
  AppendMember(members_, "previous_versions", &raw);
  AppendMember(members_, "parents", &raw);
  AppendTo(&raw, ",\"forward_only\":", forward_only ? "true" : "false");
  AppendText("node_type", IsAudit(node) ? "audit" : "model", &raw);
  if (!IsAudit(node)) {
    std::string_view gateway = Text(node, "gateway");
    if (!kind_name.empty()) AppendText("kind_name", kind_name, &raw);
    if (kind_name == "CUSTOM") {
      AppendText("custom_materialization", Text(&kind, "materialization"), &raw);
    }
    if (!gateway.empty()) AppendText("model_gateway", gateway, &raw);
  }
  raw.push_back('}');
  element root;
  RETURN_IF_ERROR(ParseDocument(&info_parser_, raw, Reason::INTERNAL, "A table info", &root));
  errors_.Clear();
  EncodeNotes notes;
  RecordWriter(Strictness::kLenient, out, &errors_, &notes)
      .WriteObject(kTableInfoModel, root, Location{});
  return absl::OkStatus();
}

}  // namespace stateserver::state
