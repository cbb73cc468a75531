// SPDX-License-Identifier: Apache-2.0
//
// Reading of a whole state in the order of a state file, one record at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/table_infos.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

// ScannedSnapshot is a snapshot in the form of an export. The views are valid for one call.
struct ScannedSnapshot {
  std::string_view name;
  std::string_view identifier;
  // Compact UTF-8 JSON; the stored text if the row cannot be parsed.
  std::string_view json;
  // STATE_CORRUPT if the row cannot be parsed.
  absl::Status status;
  int64_t intervals = 0;  // number of ranges in all three lists
  bool auto_restatement = false;
  state::EncodeNotes notes;
  // True if only SQLMesh can read its effective_from, so that intervals were not cut at it.
  bool effective_from_unproven = false;
};

// StateScan reads a state. The session must outlive this object and be in a REPEATABLE READ
// transaction that holds ACCESS SHARE locks on the state tables. Not thread-safe.
class StateScan {
 public:
  StateScan(postgres::Session& session, std::string schema, store::Versions versions);

  // Visits every row of `_snapshots` with its intervals, sorted by (name, identifier).
  absl::Status Snapshots(const std::function<absl::Status(const ScannedSnapshot&)>& visit);
  // Do the same in two steps: PostgreSQL joins and sorts while the caller does other work that does
  // not use the session.
  absl::Status StartSnapshots();
  absl::Status FinishSnapshots(const std::function<absl::Status(const ScannedSnapshot&)>& visit);

  // Visits one snapshot.
  absl::Status Snapshot(std::string_view name, std::string_view identifier,
                        const std::function<absl::Status(const ScannedSnapshot&)>& visit);

  // Passes the record of one environment to `piece`, in pieces, and every element of its
  // `snapshots` to `reference`.
  absl::Status Environment(const store::EnvironmentRow& row,
                           const std::function<absl::Status(std::string_view)>& piece,
                           const std::function<void(const store::TableInfo&)>& reference);
  // Do the same in two steps, for a caller that needs the references of all environments before the
  // first record. The second step does not repeat the checks of the first. Both must run in one
  // transaction.
  absl::Status References(const store::EnvironmentRow& row,
                          const std::function<void(const store::TableInfo&)>& reference);
  absl::Status EnvironmentAfterReferences(
      const store::EnvironmentRow& row, const std::function<absl::Status(std::string_view)>& piece);
  // Works like Environment with lists from another source. A ListReader calls `chunk` as
  // store::ReadEnvironmentList does.
  using ListReader = std::function<absl::Status(
      store::EnvironmentList list, const std::function<absl::Status(std::string_view)>& chunk)>;
  absl::Status Environment(const store::EnvironmentRow& row, const ListReader& lists,
                           const std::function<absl::Status(std::string_view)>& piece,
                           const std::function<void(const store::TableInfo&)>& reference);

 private:
  ListReader FromTable(const store::EnvironmentRow& row);
  // Skips the checks if `reference` is empty.
  absl::Status List(const store::EnvironmentRow& row, store::EnvironmentList list,
                    const ListReader& lists,
                    const std::function<absl::Status(std::string_view)>& piece,
                    const std::function<void(const store::TableInfo&)>& reference);
  absl::Status Scan(postgres::CopyFields& rows,
                    const std::function<absl::Status(const ScannedSnapshot&)>& visit);
  std::string SnapshotsSource(std::string_view where) const;

  postgres::Session& session_;
  const std::string schema_;
  const store::Versions versions_;
  const store::Layout layout_;
  state::SnapshotCodec codec_;
  store::TableInfoReader table_infos_;
  std::unique_ptr<postgres::CopyFields> snapshots_;
};

// Begins a REPEATABLE READ transaction with a consistent view of `tables`. Locks them before the
// view is taken: other sessions may write them but not replace them. Returns LOCK_TIMEOUT after
// `timeout`.
absl::StatusOr<postgres::Transaction> BeginRead(postgres::Session& session, std::string_view schema,
                                                const std::vector<std::string>& tables,
                                                absl::Duration timeout);

}  // namespace stateserver::transfer
