// SPDX-License-Identifier: Apache-2.0
//
// The rows of `_snapshots`: each against its JSON, and against the others.
#pragma once

#include <simdjson.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/maintenance/findings.h"
#include "server/sqlmesh/maintenance/opening.h"
#include "server/sqlmesh/records/fingerprint.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record.h"
#include "server/sqlmesh/transfer/snapshot_key.h"

namespace stateserver::maintenance {

class SnapshotChecks {
 public:
  SnapshotChecks(postgres::Session& session, const std::string& schema, const store::Layout& layout,
                 Findings& findings)
      : session_(session), schema_(schema), layout_(layout), findings_(findings) {}

  // The ids there are; the next two need them.
  absl::Status ReadIds();
  const transfer::SnapshotKeySet& present() const { return present_; }

  // Names with more than one unpaused snapshot.
  absl::Status Unpaused();
  // Every row. `used`: the snapshots that environments name.
  absl::Status Rows(const transfer::SnapshotKeySet& used, const Progress& progress);

  // Parents that are missing where it does no harm.
  const transfer::NoteCounter& unused_with_missing_parents() const { return unused_; }

 private:
  void Row(const std::vector<postgres::CopyField>& fields, const transfer::SnapshotKeySet& used);
  void Columns(simdjson::dom::element root, const state::Fingerprint& fingerprint);
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
  simdjson::dom::parser parser_;
  simdjson::dom::parser fingerprint_parser_;
  // Of the row under way.
  const std::vector<postgres::CopyField>* fields_ = nullptr;
};

}  // namespace stateserver::maintenance
