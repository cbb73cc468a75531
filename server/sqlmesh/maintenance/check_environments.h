// SPDX-License-Identifier: Apache-2.0
//
// Checks the rows of `_environments`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/findings.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/table_infos.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::maintenance {

// EnvironmentChecks checks the rows of `_environments` and the snapshots they name.
class EnvironmentChecks {
 public:
  EnvironmentChecks(postgres::Session& session, const std::string& schema,
                    const store::Layout& layout, const transfer::SnapshotKeySet& present,
                    Findings& findings)
      : session_(session),
        schema_(schema),
        layout_(layout),
        present_(present),
        findings_(findings) {}

  absl::Status Check();

  int64_t environments() const { return environments_; }
  // Returns the snapshots that some environment names.
  const transfer::SnapshotKeySet& used() const { return used_; }
  // Returns the snapshots of prod, and for each also its name with an empty identifier.
  const transfer::SnapshotKeySet& prod() const { return prod_; }
  // Returns environments whose previous_finalized_snapshots no longer exist, although SQLMesh does
  // not read them.
  const transfer::NoteCounter& unread_stale_lists() const { return unread_; }

 private:
  absl::Status One(const store::EnvironmentRow& row);
  absl::Status List(const store::EnvironmentRow& row, store::EnvironmentList list,
                    const std::function<void(const store::TableInfo&)>& visit);
  void Promoted(const store::EnvironmentRow& row, const transfer::SnapshotKeySet& own);
  void JsonColumns(const store::EnvironmentRow& row);
  void Unreadable(const store::EnvironmentRow& row, std::string_view what);

  postgres::Session& session_;
  const std::string& schema_;
  const store::Layout& layout_;
  const transfer::SnapshotKeySet& present_;
  Findings& findings_;
  store::TableInfoReader infos_;
  transfer::SnapshotKeySet used_;
  transfer::SnapshotKeySet prod_;
  transfer::NoteCounter unread_;
  int64_t environments_ = 0;
};

}  // namespace stateserver::maintenance
