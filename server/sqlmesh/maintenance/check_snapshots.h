// SPDX-License-Identifier: Apache-2.0
//
// Checks the rows of `_snapshots`.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/operations/progress.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/findings.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::maintenance {

// SnapshotChecks checks each row of `_snapshots` against its JSON and against the other rows.
class SnapshotChecks {
 public:
  SnapshotChecks(postgres::Session& session, const std::string& schema, const store::Layout& layout,
                 Findings& findings)
      : session_(session), schema_(schema), layout_(layout), findings_(findings) {}

  // Reads the existing ids, which the next two functions need.
  absl::Status ReadIds();
  const transfer::SnapshotKeySet& present() const { return present_; }

  // Finds names of `prod` with more than one unpaused snapshot. SQLMesh pauses the snapshots of a
  // name when prod gets a new one, so those of a model that prod has dropped stay as they are.
  absl::Status Unpaused(const transfer::SnapshotKeySet& prod);
  // Checks every row. `used` are the snapshots that environments name.
  absl::Status Rows(const transfer::SnapshotKeySet& used, const operations::Progress& progress);

  // Returns snapshots whose missing parents do no harm.
  const transfer::NoteCounter& unused_with_missing_parents() const { return unused_; }
  // Returns models that prod does not have with more than one unpaused snapshot.
  const transfer::NoteCounter& unpaused_outside_prod() const { return unpaused_; }

 private:
  void UnpausedTwice(const std::string& name, const std::vector<std::string>& identifiers,
                     const transfer::SnapshotKeySet& prod);
  void Row(const std::vector<postgres::CopyField>& fields, const transfer::SnapshotKeySet& used);
  void Columns(simdjson::dom::element root, const state::Fingerprint& fingerprint, bool used);
  void Identifier(const std::string& identifier, bool used);
  void FingerprintColumn(const state::Fingerprint& fingerprint);
  void Nulls();
  void Parents(simdjson::dom::element root, bool used);
  void Compare(std::string_view column, const postgres::CopyField& field, std::string_view json);
  void Add(FindingKind kind, std::string_view message, std::string hint);

  postgres::Session& session_;
  const std::string& schema_;
  const store::Layout& layout_;
  Findings& findings_;
  transfer::SnapshotKeySet present_;
  transfer::NoteCounter unused_;
  transfer::NoteCounter unpaused_;
  simdjson::dom::parser parser_;
  simdjson::dom::parser fingerprint_parser_;
  // Fields of the current row.
  const std::vector<postgres::CopyField>* fields_ = nullptr;
};

}  // namespace stateserver::maintenance
