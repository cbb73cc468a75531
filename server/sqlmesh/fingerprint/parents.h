// SPDX-License-Identifier: Apache-2.0
//
// The contribution of parents to a node's fingerprint, and the selection of the stored parents that
// contribute.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/records/snapshot_codec.h"

namespace stateserver::fingerprint {

// Returns the crc32 of the parents' versions, sorted as text; "0" without parents.
std::string ParentDataHash(std::span<const state::Fingerprint> parents);

// Returns the crc32 of the parents' metadata hashes and parent metadata hashes, sorted as text.
std::string ParentMetadataHash(std::span<const state::Fingerprint> parents);

// StoredParent is one of a snapshot's stored `parents`. Its views belong to the caller.
struct StoredParent {
  std::string_view name;
  state::Fingerprint fingerprint;
  bool embedded = false;  // node.kind.name is EMBEDDED
  // Names in the parent's own stored `parents`; required for embedded parents.
  std::vector<std::string_view> parents;
};

struct DirectAnswer {
  bool supported = false;
  std::vector<int> direct;  // positions in `parents`, ascending
  std::string unsupported;  // a phrase, when not supported
};

// Returns the direct parents of a node. SQLMesh stores, besides the parents that a node names, also
// those reached through EMBEDDED parents; the fingerprint depends only on the former. The function
// tries every subset of the parents reachable through an embedded one and selects the subset that
// reproduces both hashes of `stored`, the row's fingerprint. If several do, `mapped` (names of
// tables in the node's mapping_schema) decides; if none does, the node is unsupported.
DirectAnswer DirectParents(const state::Fingerprint& stored, std::span<const StoredParent> parents,
                           std::span<const std::string_view> mapped = {});

}  // namespace stateserver::fingerprint
