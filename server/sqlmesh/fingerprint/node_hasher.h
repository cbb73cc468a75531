// SPDX-License-Identifier: Apache-2.0
//
// The data hash and the metadata hash of a stored node, by the recipe of SQLMesh
// 0.236.4, without SQLMesh.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::fingerprint {

// CRC-32 in decimal.
struct NodeHashes {
  std::string data_hash;
  std::string metadata_hash;
};

// What is outside the proven rules is not guessed: `unsupported` then says what,
// as a phrase ("the expression a -> b in audits").
struct NodeAnswer {
  std::optional<NodeHashes> hashes;
  std::string unsupported;  // empty when there are hashes
};

// Remembers the interval units of crons. One per thread; otherwise stateless.
class NodeHasher {
 public:
  NodeHasher();
  ~NodeHasher();
  NodeHasher(const NodeHasher&) = delete;
  NodeHasher& operator=(const NodeHasher&) = delete;

  // `snapshot` is the JSON document of a row of `_snapshots` in the form of
  // schema 102; absent keys stand for SQLMesh's defaults. An error (STATE_CORRUPT)
  // is a document without a node, or with a field of a type SQLMesh never stores.
  absl::StatusOr<NodeAnswer> Hash(simdjson::dom::element snapshot);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The row's `identifier` column is the one its fingerprint gives.
bool IdentifierHolds(const state::Fingerprint& fingerprint, std::string_view identifier);

// The row's version, or dev_version, is the one its fingerprint gives. A row that
// took its version from an earlier one (an indirect or forward-only change) fails
// without being wrong.
bool VersionHolds(const state::Fingerprint& fingerprint, std::string_view version);

// Of a row whose stored recipe is the current one: the computed hashes are the
// stored ones.
bool HashesHold(const state::Fingerprint& fingerprint, const NodeHashes& computed);

// The `fingerprint` of a stored document, as views of it; absent parent hashes are
// "0". False when it has none or one of other types.
bool ReadSnapshotFingerprint(simdjson::dom::element snapshot, state::Fingerprint* fingerprint);

}  // namespace stateserver::fingerprint
