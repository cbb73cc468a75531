// SPDX-License-Identifier: Apache-2.0
//
// A snapshot's (name, identifier) as 16 bytes, so that sets of a million of
// them stay small. Two different ids share a key with a chance of 2^-128.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace stateserver::transfer {

using SnapshotKey = std::pair<uint64_t, uint64_t>;
using SnapshotKeySet = absl::flat_hash_set<SnapshotKey>;

inline SnapshotKey KeyOf(std::string_view name, std::string_view identifier) {
  absl::string_view a(name.data(), name.size());
  absl::string_view b(identifier.data(), identifier.size());
  return {absl::HashOf(1, a, b), absl::HashOf(2, b, a)};
}

}  // namespace stateserver::transfer
