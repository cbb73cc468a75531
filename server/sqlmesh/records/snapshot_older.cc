// SPDX-License-Identifier: Apache-2.0
//
// Records of state files of older releases: the reverse of AppendExport.
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/column_fields.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/seed_plan.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

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

// A seed as SQLMesh stores it: without its content, but for one whose hashes are
// not certain.
void AppendNode(element node, std::string* out, std::string* kept_reason) {
  SeedPlan plan = PlanSeed(node);
  *kept_reason = plan.kept_reason;
  if (!plan.hashes.has_value()) return AppendValue(node, out);
  out->push_back('{');
  for (auto [key, value] : AsObject(node)) {
    if (key != "seed" && key != "is_hydrated") AppendMember(key, value, out);
  }
  out->append(R"(,"seed":{"content":""},"is_hydrated":false)");
  AppendTexts("column_hashes", plan.hashes->column_hashes, out);
  AppendTexts("derived_columns_to_types", plan.hashes->derived_columns_to_types, out);
  out->push_back('}');
}

}  // namespace

absl::StatusOr<DecodedSnapshot> SnapshotCodec::DecodeOlder(std::string_view record_json,
                                                           int schema_version) {
  RETURN_IF_ERROR(
      ParseDocument(&parser_, record_json, Reason::RECORD_INVALID, "A snapshot", &root_));
  errors_.Clear();
  simdjson::dom::object object;
  if (root_.get(object) != simdjson::SUCCESS) {
    return Error(Reason::RECORD_INVALID, "a snapshot is no JSON object", kOlderHint);
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
  if (snapshot.name.empty()) return wrong("a snapshot has no name", "name");
  if (!complete) return wrong("a snapshot has no complete fingerprint", "fingerprint");
  if (node == nullptr || !node->is_object()) return wrong("a snapshot has no node", "node");

  std::string& out = snapshot.stored_json;
  out.reserve(record_json.size());
  out.push_back('{');
  EncodeNotes notes;
  RecordWriter writer(Strictness::kStrict, &out, &errors_, &notes);
  ColumnFields columns(&writer, &errors_, &out, &snapshot);
  Location root;
  for (auto [key, value] : object) {
    if (value.is_null()) continue;
    int at = FindField(kSnapshotModel, key, 0);
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
  if (members_.Find(kSnapshotModel, "updated_ts") == nullptr) {
    return wrong("a snapshot has no updated_ts", "updated_ts");
  }
  if (!errors_.empty()) return wrong(errors_.Message("Snapshot"), errors_.field());
  ReadTimeToLive(members_, &snapshot, &errors_);
  if (!errors_.empty()) return wrong(errors_.Message("Snapshot"), errors_.field());
  ReadKeys(members_, fingerprint_, &snapshot);
  snapshot.seed_kept_hydrated = !snapshot.seed_kept_reason.empty();
  return snapshot;
}

}  // namespace stateserver::state
