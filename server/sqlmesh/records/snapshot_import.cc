// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/column_fields.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/time/ttl.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

constexpr std::string_view kSnapshotHint =
    "The record cannot have come from `state export` of this release; export the state again.";

// An audit has no kind; a node without one has its type's default.
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

}  // namespace

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

// The columns that repeat what the JSON says.
void ReadKeys(const Members& members, const Fingerprint& fingerprint, DecodedSnapshot* snapshot) {
  SnapshotCodec::AppendFingerprint(fingerprint, &snapshot->fingerprint_json);
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
  RecordWriter writer(options_.allow_unknown_fields ? Strictness::kOpenStrict : Strictness::kStrict,
                      &snapshot.stored_json, &errors_, &notes);
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
  snapshot.seed_kept_reason = writer.seed_kept_hydrated();
  snapshot.seed_kept_hydrated = !snapshot.seed_kept_reason.empty();
  return snapshot;
}

}  // namespace stateserver::state
