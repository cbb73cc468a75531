// SPDX-License-Identifier: Apache-2.0
//
// What a node's fingerprint takes from its parents, and which of the stored
// parents it takes it from.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::fingerprint {

// crc32 of the parents' versions, sorted as text; "0" without parents.
std::string ParentDataHash(std::span<const state::Fingerprint> parents);

// crc32 of the parents' metadata hashes and parent metadata hashes, sorted as text.
std::string ParentMetadataHash(std::span<const state::Fingerprint> parents);

// One of a snapshot's stored `parents`. Views of the caller's.
struct StoredParent {
  std::string_view name;
  state::Fingerprint fingerprint;
  bool embedded = false;  // node.kind.name is EMBEDDED
  // The names in the parent's own stored `parents`; needed for embedded ones.
  std::vector<std::string_view> parents;
};

struct DirectAnswer {
  bool supported = false;
  std::vector<int> direct;  // positions in `parents`, ascending
  std::string unsupported;  // a phrase, when not supported
};

// SQLMesh stores, next to the parents a node names, also those it reaches through
// EMBEDDED parents; the fingerprint is made from the former alone. Both hashes of
// `stored`, the fingerprint the row has, tell which those are: of the parents
// reachable through an embedded one every subset is tried, and the one that
// reproduces both hashes is taken. Where several do, `mapped` (names of tables in
// the node's mapping_schema) chooses; where none does, it is not supported.
DirectAnswer DirectParents(const state::Fingerprint& stored, std::span<const StoredParent> parents,
                           std::span<const std::string_view> mapped = {});

}  // namespace stateserver::fingerprint
