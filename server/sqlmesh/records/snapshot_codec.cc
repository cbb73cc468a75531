// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/snapshot_codec.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/json_output.h"

namespace stateserver::state {
namespace {

using simdjson::dom::element;

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

}  // namespace

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
  if (const element* migrated = members_.Find(kSnapshotModel, "migrated")) {
    facts.migrated = migrated->get(facts.migrated) == simdjson::SUCCESS && facts.migrated;
  }
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

}  // namespace stateserver::state
