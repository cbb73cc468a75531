// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/self_check.h"

namespace stateserver::fingerprint {

bool IdentifierHolds(const state::Fingerprint& fingerprint, std::string_view identifier) {
  return fingerprint.Identifier() == identifier;
}

bool VersionHolds(const state::Fingerprint& fingerprint, std::string_view version) {
  return fingerprint.Version() == version;
}

bool HashesHold(const state::Fingerprint& fingerprint, const NodeHashes& computed) {
  return fingerprint.data_hash == computed.data_hash &&
         fingerprint.metadata_hash == computed.metadata_hash;
}

bool ReadFingerprint(simdjson::dom::element snapshot, state::Fingerprint* fingerprint) {
  simdjson::dom::object object;
  if (snapshot["fingerprint"].get(object) != simdjson::SUCCESS) return false;
  auto read = [&](std::string_view name, bool required, std::string_view* to) {
    auto value = object.at_key(name);
    if (value.error() == simdjson::NO_SUCH_FIELD) return !required;
    return value.get(*to) == simdjson::SUCCESS;
  };
  return read("data_hash", true, &fingerprint->data_hash) &&
         read("metadata_hash", true, &fingerprint->metadata_hash) &&
         read("parent_data_hash", false, &fingerprint->parent_data_hash) &&
         read("parent_metadata_hash", false, &fingerprint->parent_metadata_hash);
}

}  // namespace stateserver::fingerprint
