// SPDX-License-Identifier: Apache-2.0
//
// Which schema and which sqlglot each known release of SQLMesh has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

// The versions a release writes into `_versions` of an empty database; nothing
// for a release that is not in the table.
std::optional<Versions> FindRelease(std::string_view release);

// The newest known for "", else the release's own. ARGUMENT_INVALID, listing
// the known ones, for any other.
absl::StatusOr<Versions> VersionsOfRelease(std::string_view release);

// Whether states of `versions` and of the newest release differ in nothing but
// the release's number: the same tables, and the same recipe of fingerprints,
// which depends on sqlglot's major.minor, too.
bool SameAsNewest(const Versions& versions);

// As VersionsOfRelease, for a state that exists already: only those that are
// SameAsNewest, which the refusal lists.
absl::StatusOr<Versions> MigrationTarget(std::string_view release);

}  // namespace stateserver::store
