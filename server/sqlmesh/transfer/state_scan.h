// SPDX-License-Identifier: Apache-2.0
//
// Reads a whole state in the order of a state file, one record at a time.
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

// A snapshot as an export holds it. The views live for one call.
struct ScannedSnapshot {
  std::string_view name;
  std::string_view identifier;
  // Compact UTF-8 JSON; the stored text where the row does not parse.
  std::string_view json;
  // STATE_CORRUPT where the row does not parse.
  absl::Status status;
  int64_t intervals = 0;  // ranges of all three lists
  bool auto_restatement = false;
  state::EncodeNotes notes;
  // Its effective_from is a time only SQLMesh can read: intervals were not cut
  // at it.
  bool effective_from_unproven = false;
};

// Not thread-safe. The session is in a REPEATABLE READ transaction that holds
// ACCESS SHARE locks on the state tables, and outlives this object.
class StateScan {
 public:
  StateScan(postgres::Session& session, std::string schema, store::Versions versions);

  // Every row of `_snapshots` with its intervals, by (name, identifier).
  absl::Status Snapshots(const std::function<absl::Status(const ScannedSnapshot&)>& visit);
  // The same in two steps: PostgreSQL joins and sorts while the caller does other
  // things, but nothing else with the session.
  absl::Status StartSnapshots();
  absl::Status FinishSnapshots(const std::function<absl::Status(const ScannedSnapshot&)>& visit);

  // One of them.
  absl::Status Snapshot(std::string_view name, std::string_view identifier,
                        const std::function<absl::Status(const ScannedSnapshot&)>& visit);

  // The record of one environment, in pieces; `reference` sees every element of
  // its `snapshots`.
  absl::Status Environment(const store::EnvironmentRow& row,
                           const std::function<absl::Status(std::string_view)>& piece,
                           const std::function<void(const store::TableInfo&)>& reference);
  // The same in two steps, for a caller who needs the references of all
  // environments before the first record: the second does not check again what
  // the first did. Both in one transaction.
  absl::Status References(const store::EnvironmentRow& row,
                          const std::function<void(const store::TableInfo&)>& reference);
  absl::Status EnvironmentAfterReferences(
      const store::EnvironmentRow& row, const std::function<absl::Status(std::string_view)>& piece);
  // As Environment, with the lists from elsewhere: calls `chunk` as
  // store::ReadEnvironmentList does.
  using ListReader = std::function<absl::Status(
      store::EnvironmentList list, const std::function<absl::Status(std::string_view)>& chunk)>;
  absl::Status Environment(const store::EnvironmentRow& row, const ListReader& lists,
                           const std::function<absl::Status(std::string_view)>& piece,
                           const std::function<void(const store::TableInfo&)>& reference);

 private:
  ListReader FromTable(const store::EnvironmentRow& row);
  // No `reference`: not checked.
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

// Begins a REPEATABLE READ transaction that sees one instant of `tables`. They
// are locked before its view is taken: another session may write them, but not
// put others in their place. LOCK_TIMEOUT after `timeout`.
absl::Status BeginRead(postgres::Session& session, std::string_view schema,
                       const std::vector<std::string>& tables, absl::Duration timeout);

}  // namespace stateserver::transfer
