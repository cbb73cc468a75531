// SPDX-License-Identifier: Apache-2.0
//
// The data hash and the metadata hash of a stored node, by the recipe of SQLMesh
// 0.236.4, without SQLMesh.
#pragma once

#include <simdjson.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

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

}  // namespace stateserver::fingerprint
