// SPDX-License-Identifier: Apache-2.0
//
// The data hash and the metadata hash of a stored node, computed natively by the recipe of the
// newest known SQLMesh.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

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

}  // namespace stateserver::fingerprint
