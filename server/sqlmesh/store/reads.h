// SPDX-License-Identifier: Apache-2.0
//
// Queries on the state, always read from PostgreSQL. Each runs in the session's transaction or,
// without one, as single statements.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

struct EnvironmentSummary {
  EnvironmentRow row;
  int64_t snapshots = 0;
  bool expired = false;
};

// Returns the environments, sorted by name.
absl::StatusOr<std::vector<EnvironmentSummary>> ListEnvironments(postgres::Session& session,
                                                                 std::string_view schema,
                                                                 const Layout& layout);

// SnapshotReference is a snapshot as named by an environment.
struct SnapshotReference {
  std::string name, identifier, version, kind;
  bool exists = false;
};

// Returns the snapshots of one environment, sorted by (name, identifier), with `exists` set.
absl::StatusOr<std::vector<SnapshotReference>> EnvironmentSnapshots(postgres::Session& session,
                                                                    std::string_view schema,
                                                                    const EnvironmentRow& row);

// Returns how many snapshots an environment promotes: all `snapshots` of them if it has no list.
// Returns STATE_CORRUPT if the list cannot be read.
absl::StatusOr<int64_t> CountPromoted(const EnvironmentRow& row, int64_t snapshots);

// SnapshotDifference is a snapshot that two environments do not share. One side is null if that
// environment lacks the name.
struct SnapshotDifference {
  const SnapshotReference* from = nullptr;
  const SnapshotReference* to = nullptr;

  const std::string& name() const { return to != nullptr ? to->name : from->name; }
};
struct EnvironmentDifference {
  std::vector<SnapshotDifference> differences;  // sorted by name
  int64_t unchanged = 0;
};

// Compares the snapshots of two environments, each sorted by name, which occurs once. The result
// points into the lists.
EnvironmentDifference DiffEnvironments(const std::vector<SnapshotReference>& from,
                                       const std::vector<SnapshotReference>& to);

struct SnapshotSummary {
  std::string name, identifier, version, kind;
  std::optional<int64_t> updated_ts, unpaused_ts;
  int64_t ttl_ms = 0;
  bool unrestorable = false;
  bool forward_only = false;
};

struct SnapshotFilter {
  std::string environment;  // as a user names it; if empty, any
  std::string name_glob;    // if empty, any
};

struct SnapshotPage {
  std::string environment;  // the name of the one that was found
  std::vector<SnapshotSummary> snapshots;
  std::string next_page_token;
};

// Returns the token of a page that ends with `last`.
std::string PageTokenAfter(const SnapshotSummary& last, const SnapshotFilter& filter);

// Returns a page, sorted by (name, identifier). Returns ARGUMENT_INVALID for a token of other
// filters.
absl::StatusOr<SnapshotPage> ListSnapshots(postgres::Session& session, std::string_view schema,
                                           const Layout& layout, const SnapshotFilter& filter,
                                           int page_size, std::string_view page_token);

// Returns every snapshot of that name, given with or without quotes, newest first.
absl::StatusOr<std::vector<SnapshotSummary>> SnapshotsNamed(postgres::Session& session,
                                                            std::string_view schema,
                                                            const Layout& layout,
                                                            std::string_view name);

struct TableStats {
  std::string name;
  int64_t rows = 0;
  int64_t bytes = 0;
};

struct Stats {
  std::vector<TableStats> tables;
  std::vector<std::pair<std::string, int64_t>> kinds;
  int64_t snapshots = 0, environments = 0, expired_environments = 0, interval_rows = 0;
  int64_t unused_snapshots = 0, bytes = 0;
};

absl::StatusOr<Stats> GetStats(postgres::Session& session, std::string_view schema,
                               const Layout& layout);

}  // namespace stateserver::store
