// SPDX-License-Identifier: Apache-2.0
//
// One import: receives, checks and stages records; then applies them under the state lock, in one
// transaction that leaves either the new or the old state.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/operations/change.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/incoming_records.h"
#include "server/sqlmesh/transfer/merge.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "server/sqlmesh/transfer/stage.h"

namespace stateserver::transfer {

struct ImportOptions {
  restore_points::StateChangeOptions change;
  ImportMode mode = ImportMode::kMerge;
  store::Versions file_versions;
  std::string file_timestamp;
  int file_version = 1;
  std::optional<bool> importable;
  std::string if_unchanged_since;
  bool drop_dangling = false;
};

enum class ImportPhase { kStage, kLock, kRestorePoint, kMerge, kCommit };

struct ImportResult {
  Counts file;
  MergeReport changes;
  // The checksum of the records, which a retry must repeat.
  std::string checksum;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("checksum", self.checksum);
    visit("file", self.file);
    MergeReport::VisitMembers(self.changes, visit);
  }
};

// Checks the header of a state file. Returns FILE_VERSION_UNSUPPORTED or FILE_NOT_IMPORTABLE, in
// SQLMesh's order and with its messages.
absl::Status CheckFileHeader(int file_version, std::optional<bool> importable);

// Importer is one import, as operation "import" or "import --replace". If it is destroyed before
// Commit, everything is rolled back. Not thread-safe.
class Importer {
 public:
  // Performs every check that needs no records, and begins the operation and the transaction.
  static absl::StatusOr<std::unique_ptr<Importer>> Begin(postgres::Pool& pool,
                                                         const CallContext& context,
                                                         ImportOptions options,
                                                         std::function<void(ImportPhase)> on_phase);
  virtual ~Importer() = default;

  virtual const store::Versions& state_versions() const = 0;
  virtual absl::Status Part(const RecordPart& part) = 0;
  // Rolls back and records `error`, which occurred outside of the importer, as the outcome.
  virtual void Fail(const absl::Status& error) = 0;
  virtual int64_t snapshots() const = 0;
  virtual int64_t environments() const = 0;
  // Applies the import. Returns COMMIT_IN_DOUBT only if a second connection cannot determine the
  // outcome either.
  virtual absl::StatusOr<operations::Outcome<ImportResult>> Commit(const SentTotals& totals) = 0;
};

}  // namespace stateserver::transfer
