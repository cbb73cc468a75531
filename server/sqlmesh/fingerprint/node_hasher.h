// SPDX-License-Identifier: Apache-2.0
//
// The data hash and the metadata hash of a stored node, computed natively by the recipe of SQLMesh
// 0.236.4.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::fingerprint {

// NodeHashes holds CRC-32 values in decimal.
struct NodeHashes {
  std::string data_hash;
  std::string metadata_hash;
};

// NodeAnswer is the result for one node. Anything outside the proven rules is not guessed:
// `unsupported` then names it in a phrase ("the expression a -> b in audits").
struct NodeAnswer {
  std::optional<NodeHashes> hashes;
  std::string unsupported;  // empty when there are hashes
};

// NodeHasher computes hashes and caches the interval units of crons. Use one per thread.
class NodeHasher {
 public:
  NodeHasher();
  ~NodeHasher();
  NodeHasher(const NodeHasher&) = delete;
  NodeHasher& operator=(const NodeHasher&) = delete;

  // Computes the hashes of a node. `snapshot` is the JSON document of a row of `_snapshots` in the
  // form of schema 102; absent keys mean SQLMesh's defaults. Returns STATE_CORRUPT for a document
  // without a node, or with a field of a type that SQLMesh never stores.
  absl::StatusOr<NodeAnswer> Hash(simdjson::dom::element snapshot);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Returns true if the row's `identifier` column matches its fingerprint.
bool IdentifierHolds(const state::Fingerprint& fingerprint, std::string_view identifier);

// Returns true if the row's version, or dev_version, matches its fingerprint. A row that took its
// version from an earlier one (an indirect or forward-only change) does not match, although it is
// valid.
bool VersionHolds(const state::Fingerprint& fingerprint, std::string_view version);

// Returns true if the computed hashes equal the stored ones. Only meaningful for a row whose stored
// recipe is the current one.
bool HashesHold(const state::Fingerprint& fingerprint, const NodeHashes& computed);

// Reads the `fingerprint` of a stored document as views into it; absent parent hashes are "0".
// Returns false if it is missing or has members of other types.
bool ReadSnapshotFingerprint(simdjson::dom::element snapshot, state::Fingerprint* fingerprint);

}  // namespace stateserver::fingerprint
