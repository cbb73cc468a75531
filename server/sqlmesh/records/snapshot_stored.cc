// SPDX-License-Identifier: Apache-2.0
//
// A stored snapshot written again: after a migration, and as environments hold it.
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

// SQLMesh's DATA_VERSION_LIMIT.
constexpr size_t kPreviousVersions = 10;

std::string_view Text(const element* object, std::string_view name) {
  std::string_view text;
  if (object == nullptr || (*object)[name].get(text) != simdjson::SUCCESS) return {};
  return text;
}

bool IsAudit(const element* node) { return Text(node, "source_type") == "audit"; }

// The middle of `"catalog"."schema"."table"`.
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

// Snapshot.physical_schema: stored, or that of the model.
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

void AppendMember(const Members& members, std::string_view key, std::string* out) {
  const element* value = members.Find(kSnapshotModel, key);
  if (value == nullptr) return;
  AppendTo(out, ",\"", key, "\":");
  AppendValue(*value, out);
}

// The fields that a table info and a data version have in common.
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

// The stored ones and the version itself.
void AppendVersions(const Members& members, const Fingerprint& fingerprint, std::string* out) {
  simdjson::dom::array stored;
  if (const element* list = members.Find(kSnapshotModel, "previous_versions")) {
    stored = AsArray(*list);
  }
  size_t count = 0;
  for ([[maybe_unused]] element version : stored) ++count;
  size_t skip = count >= kPreviousVersions ? count - (kPreviousVersions - 1) : 0;
  out->push_back('[');
  for (element version : stored) {
    if (skip > 0) {
      --skip;
      continue;
    }
    AppendValue(version, out);
    out->push_back(',');
  }
  out->append("{\"fingerprint\":");
  SnapshotCodec::AppendFingerprint(fingerprint, out);
  AppendVersionFields(members, fingerprint, out);
  out->append("}]");
}

void AppendParents(const MigratedFields& fields, std::string* out) {
  out->push_back('[');
  for (const MigratedFields::Parent& parent : fields.parents) {
    if (out->back() != '[') out->push_back(',');
    out->push_back('{');
    AppendText("name", parent.name, out);
    AppendText("identifier", parent.identifier, out);
    out->push_back('}');
  }
  out->push_back(']');
}

// SQLMesh's Snapshot._ensure_categorized.
absl::Status CheckCategorized(const Members& members) {
  std::string_view lacking;
  if (members.FindText(kSnapshotModel, "version").empty()) lacking = "version";
  if (members.Find(kSnapshotModel, "change_category") == nullptr) lacking = "change_category";
  if (lacking.empty()) return absl::OkStatus();
  std::string name(members.FindText(kSnapshotModel, "name"));
  return Error(Reason::STATE_CORRUPT, Cat("The stored snapshot '", name, "' has no ", lacking, "."),
               "", {{"record", name}, {"field", std::string(lacking)}});
}

// Of what is kept in columns, the JSON holds only these two.
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

void SnapshotCodec::AppendFingerprint(const Fingerprint& fingerprint, std::string* out) {
  out->push_back('{');
  AppendText("data_hash", fingerprint.data_hash, out);
  AppendText("metadata_hash", fingerprint.metadata_hash, out);
  AppendText("parent_data_hash", fingerprint.parent_data_hash, out);
  AppendText("parent_metadata_hash", fingerprint.parent_metadata_hash, out);
  out->push_back('}');
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
  AppendParents(fields, &made);
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
