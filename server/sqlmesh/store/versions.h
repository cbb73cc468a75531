// SPDX-License-Identifier: Apache-2.0
//
// The `_versions` row, and the refusals that follow from it. The sentences are
// SQLMesh's own where it has one (core/state_sync/base.py, get_versions).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

// The state tables there are in `schema` ("pg_temp": the session's own).
absl::StatusOr<std::vector<std::string>> PresentTables(postgres::Session& session,
                                                       std::string_view schema);

// Nothing when `schema` holds none of the state tables. STATE_CORRUPT when it
// holds some of them but no `_versions` row.
absl::StatusOr<std::optional<Versions>> ReadVersions(postgres::Session& session,
                                                     std::string_view schema);

// NOT_MIGRATED, naming database and schema.
absl::Status NotMigrated(std::string_view database, std::string_view schema);

// What an export can work with: schema 77 to the newest known; newer with
// `allow_newer`. STATE_TOO_OLD or STATE_AHEAD otherwise.
absl::Status CheckExportable(const Versions& state, bool allow_newer);

// What an import needs: the newest schema. STATE_BEHIND or STATE_AHEAD.
absl::Status CheckCurrent(const Versions& state);

// VERSION_MISMATCH unless file and state are of one major.minor of SQLMesh.
absl::Status CheckSameRelease(const Versions& file, const Versions& state);

// "0.236" of "0.236.4"; the whole text where there are no two dots.
std::string_view MajorMinor(std::string_view version);

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
