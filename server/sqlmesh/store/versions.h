// SPDX-License-Identifier: Apache-2.0
//
// The `_versions` row, and the errors that depend on it. The messages are SQLMesh's own if it has
// one (core/state_sync/base.py, get_versions).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

// Returns the state tables that exist in `schema` ("pg_temp": the session's own).
absl::StatusOr<std::vector<std::string>> PresentTables(postgres::Session& session,
                                                       std::string_view schema);

// Returns nullopt if `schema` contains none of the state tables. Returns STATE_CORRUPT if it
// contains some of them but no `_versions` row.
absl::StatusOr<std::optional<Versions>> ReadVersions(postgres::Session& session,
                                                     std::string_view schema);

// Returns NOT_MIGRATED, naming database and schema.
absl::Status NotMigrated(std::string_view database, std::string_view schema);

// Returns true if the schema is newer than this server knows. Such a state is read as it is stored
// (see InspectNewerState) and never changed.
bool IsNewerSchema(const Versions& versions);

// Returns true if the schema is known, and the release of SQLMesh or the minor version of SQLGlot
// is later than this server knows. Such a state is served like any other of its schema; only
// whether its fingerprints have to be migrated is not known.
bool IsLaterRelease(const Versions& versions);

// Returns OK if the state can be exported: schema 77 or newer, also newer than the server knows.
// Returns STATE_TOO_OLD otherwise.
absl::Status CheckExportable(const Versions& state);

// Returns STATE_AHEAD if the schema is newer than this server knows.
absl::Status CheckKnownSchema(const Versions& state);

// Returns OK if a file of these versions can be upgraded: schema 77 to the newest known. Returns
// STATE_TOO_OLD or STATE_AHEAD otherwise.
absl::Status CheckUpgradable(const Versions& file);

// Returns OK if the state has the newest schema, which an import requires; otherwise STATE_BEHIND
// or STATE_AHEAD.
absl::Status CheckCurrent(const Versions& state);

// Returns VERSION_MISMATCH unless file and state have the same major.minor of SQLMesh. The hint
// says which of them is older, and what to do with it.
absl::Status CheckSameRelease(const Versions& file, const Versions& state);

// Returns true if release "1.2.3" precedes another; parts that are not numbers count as 0.
bool IsEarlierRelease(std::string_view a, std::string_view b);

// Returns "0.236" for "0.236.4", or the whole text if it does not contain two dots.
std::string_view MajorMinor(std::string_view version);

// Returns the newest known versions for "", otherwise those of the release. Returns
// ARGUMENT_INVALID, listing the known releases, for any other text.
absl::StatusOr<Versions> VersionsOfRelease(std::string_view release);

// Returns true if states of `versions` and of the newest release differ only in the release number:
// they have the same tables and the same fingerprint recipe, which also depends on sqlglot's
// major.minor.
bool SameAsNewest(const Versions& versions);

// Returns the versions of a state or file (`what`) after its migration to `target`, which are never
// older than `before`. A later release with the schema of `target` stays as it is. Returns
// STATE_AHEAD if `before` has an older schema than `target` but a later release, which this server
// cannot migrate.
absl::StatusOr<Versions> VersionsAfterMigration(std::string_view what, const Versions& before,
                                                const Versions& target);

// Works like VersionsOfRelease for an existing state: accepts only releases that are SameAsNewest,
// which the error lists.
absl::StatusOr<Versions> MigrationTarget(std::string_view release);

}  // namespace stateserver::store
