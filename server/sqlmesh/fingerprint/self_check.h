// SPDX-License-Identifier: Apache-2.0
//
// What a stored row says about its own fingerprint, recomputed: before anything
// computed here is trusted.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "server/sqlmesh/fingerprint/node_hasher.h"
#include "server/sqlmesh/records/fingerprint.h"

namespace stateserver::fingerprint {

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
bool ReadFingerprint(simdjson::dom::element snapshot, state::Fingerprint* fingerprint);

}  // namespace stateserver::fingerprint
