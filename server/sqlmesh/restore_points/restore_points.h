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
  // A UUID.
  std::string id;
  int64_t created_ts = 0;
  std::string reason;
  std::string operation_id;
  store::Versions versions;
  int64_t snapshots = 0;
  int64_t environments = 0;
  int64_t interval_rows = 0;
  // Bytes of the COPY text of all tables, and of its stored form.
  int64_t raw_bytes = 0;
  int64_t stored_bytes = 0;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("id", self.id);
    visit("created_ts", self.created_ts);
    visit("reason", self.reason);
    visit("operation_id", self.operation_id);
    visit("versions", self.versions);
    visit("snapshots", self.snapshots);
    visit("environments", self.environments);
    visit("interval_rows", self.interval_rows);
    visit("raw_bytes", self.raw_bytes);
    visit("stored_bytes", self.stored_bytes);
  }
};

struct TakeOptions {
  std::string state_schema;
  // The operation's kind.
  std::string reason;
  std::string operation_id;
  // Reads over `writer` itself, which may hold locks that block readers. Slower.
  bool own_session = false;
  // The restore point that the operation is going to restore; empty for other operations.
  std::string restores{};
};

// Copies the committed state, of any schema version, in the transaction of `writer`. Of a newer
// version than the server knows, it also copies the tables that no known release has. Reads the
// state over a second session of `pool` unless `own_session` is set, so `writer` must hold the
// state lock and must not have changed anything yet. Schema `stateserver` must exist (Begin creates
// it). Memory: a few MiB and twice the longest row. Returns NOT_MIGRATED if there is no state.
absl::StatusOr<RestorePoint> TakeRestorePoint(postgres::Session& writer, postgres::Pool& pool,
                                              const CallContext& context,
                                              const TakeOptions& options);

// Returns the restore points, newest first; empty if schema `stateserver` does not exist.
// `page_token` is from PageTokenAfter, or empty for all. Returns ARGUMENT_INVALID for an invalid
// token.
absl::StatusOr<std::vector<RestorePoint>> ListRestorePoints(postgres::Session& session,
                                                            const std::string& state_schema,
                                                            const std::string& page_token = "");
// Returns the token of a page that ends with `last`.
std::string PageTokenAfter(const RestorePoint& last);

// Returns the restore point, or RESTORE_POINT_NOT_FOUND.
absl::StatusOr<RestorePoint> GetRestorePoint(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id);

// LineSink receives the lines of every table, table by table, in COPY text format without the line
// feed, with columns in the order of the manifest.
using LineSink = std::function<absl::Status(const std::string& table, std::string_view line)>;

// Reads a restore point. Returns RESTORE_POINT_NOT_FOUND, or STATE_CORRUPT if the stored data
// cannot be decompressed.
absl::Status Load(postgres::Session& session, const std::string& state_schema,
                  const std::string& id, const LineSink& sink);

// ColumnSelection names columns of one state table.
struct ColumnSelection {
  std::string table;
  std::vector<std::string> columns;
};
// ValueSink receives the values of one row in the order of the selection; NULL is an empty text.
using ValueSink = std::function<absl::Status(const std::string& table,
                                             const std::vector<std::string_view>& values)>;

// Reads some columns of a restore point. Memory: one row. Returns the errors of Load, and
// STATE_CORRUPT if the restore point lacks a column.
absl::Status LoadColumns(postgres::Session& session, const std::string& state_schema,
                         const std::string& id, const std::vector<ColumnSelection>& selections,
                         const ValueSink& sink);

// Creates temporary tables with the names of the state tables and the rows of the restore point.
// They are dropped with the current transaction of `session`.
absl::Status LoadIntoTemp(postgres::Session& session, const std::string& state_schema,
                          const std::string& id);

// Returns OK if Restore can recreate the tables' structure. Returns DEPENDENT_OBJECTS, naming the
// views that use what it would drop, or RESTORE_POINT_INCOMPATIBLE, naming the key column whose
// type has changed. Inexpensive.
absl::Status CheckRestorable(postgres::Session& session, const std::string& state_schema,
                             const std::string& id);

// Returns true if Restore does not change the tables' structure.
absl::StatusOr<bool> KeepsShape(postgres::Session& session, const std::string& state_schema,
                                const std::string& id);

// Returns the tables that Restore empties, fills, drops or creates, which its caller locks.
absl::StatusOr<std::vector<std::string>> TablesOfRestore(postgres::Session& session,
                                                         const std::string& id);

// Restores the state tables in the transaction of `session`. Tables that no known release has are
// left alone unless the restore point contains them. The session must hold the state lock,
// for kEverybody unless KeepsShape. If the schema version differs, drops and recreates columns,
// tables, keys and indexes as in the manifest; tables that exist in both keep their grants. Calls
// CheckRestorable itself.
absl::Status Restore(postgres::Session& session, const std::string& state_schema,
                     const std::string& id);

// Removes restore points beyond `keep` in number or older than `max_age`; the newest stays. Returns
// the removed ids. Call it after the commit.
absl::StatusOr<std::vector<std::string>> Prune(postgres::Pool& pool, const CallContext& context,
                                               const std::string& state_schema, int keep,
                                               absl::Duration max_age);

}  // namespace stateserver::restore_points
