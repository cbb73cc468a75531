// SPDX-License-Identifier: Apache-2.0
//
// Restore points: compressed copies of a gateway's state.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::restore_points {

struct RestorePoint {
  // UUID.
  std::string id;
  int64_t created_ts = 0;
  std::string reason;
  std::string operation_id;
  store::Versions versions;
  int64_t snapshots = 0;
  int64_t environments = 0;
  int64_t interval_rows = 0;
  // COPY text of all tables, and what is stored of it.
  int64_t raw_bytes = 0;
  int64_t stored_bytes = 0;
};

struct TakeOptions {
  std::string state_schema;
  // Why: the operation's kind.
  std::string reason;
  std::string operation_id;
  // Reads over `writer` itself, which may lock readers out. Slower.
  bool own_session = false;
};

// Copies the committed state, of any schema version, into `writer`'s
// transaction. The state is read over a second session of `pool`, unless
// `own_session`, so `writer` must hold the state lock and have changed nothing
// yet. Schema `stateserver` exists (Begin made it). Memory: a
// few MiB and twice the longest row. NOT_MIGRATED where there is no state.
absl::StatusOr<RestorePoint> TakeRestorePoint(postgres::Session& writer, postgres::Pool& pool,
                                              const CallContext& context,
                                              const TakeOptions& options);

// Newest first; empty where schema `stateserver` does not exist. `page_token`: of PageTokenAfter,
// or empty for all. ARGUMENT_INVALID for another one.
absl::StatusOr<std::vector<RestorePoint>> ListRestorePoints(postgres::Session& session,
                                                            const std::string& state_schema,
                                                            const std::string& page_token = "");
// The token of a page that ends with `last`.
std::string PageTokenAfter(const RestorePoint& last);

// RESTORE_POINT_NOT_FOUND.
absl::StatusOr<RestorePoint> GetRestorePoint(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id);

// Gets the lines of every table, table by table, in COPY text format without
// the line feed, columns in the order of the manifest.
using LineSink = std::function<absl::Status(const std::string& table, std::string_view line)>;

// RESTORE_POINT_NOT_FOUND; STATE_CORRUPT when what is stored does not unpack.
absl::Status Load(postgres::Session& session, const std::string& state_schema,
                  const std::string& id, const LineSink& sink);

// Creates temporary tables of the state tables' names, dropped with the
// transaction that `session` is in, with the rows of the restore point.
absl::Status LoadIntoTemp(postgres::Session& session, const std::string& state_schema,
                          const std::string& id);

// Whether Restore can give the tables the shape they had. DEPENDENT_OBJECTS names
// the views of others that use what it would drop; RESTORE_POINT_INCOMPATIBLE
// the key column whose type is another one now. Cheap.
absl::Status CheckRestorable(postgres::Session& session, const std::string& state_schema,
                             const std::string& id);

// Whether Restore leaves the tables the shape they have.
absl::StatusOr<bool> KeepsShape(postgres::Session& session, const std::string& state_schema,
                                const std::string& id);

// Brings the state tables back, in the transaction of `session`, which holds the
// state lock, against everybody unless KeepsShape. Where the schema version was another one,
// columns, tables, keys and indexes are dropped and made as the manifest says; tables that both
// have keep their grants. Checks CheckRestorable itself.
absl::Status Restore(postgres::Session& session, const std::string& state_schema,
                     const std::string& id);

// Removes what is over `keep` in number or older than `max_age`; the newest
// stays. Answers the ids removed. Call it after the commit.
absl::StatusOr<std::vector<std::string>> Prune(postgres::Pool& pool, const CallContext& context,
                                               const std::string& state_schema, int keep,
                                               absl::Duration max_age);

}  // namespace stateserver::restore_points
