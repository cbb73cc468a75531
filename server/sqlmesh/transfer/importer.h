// SPDX-License-Identifier: Apache-2.0
//
// One import: records in, checked and staged; then, under the state lock, one
// transaction that leaves the new state or the old one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sha256.h"
#include "server/operations/log.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/merge.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "server/sqlmesh/transfer/stage.h"

namespace stateserver::transfer {

struct ImportOptions {
  std::string gateway;
  std::string database;  // for sentences
  std::string schema;
  std::string operation_id;
  ImportMode mode = ImportMode::kMerge;
  store::Versions file_versions;
  std::string file_timestamp;
  int file_version = 1;
  std::optional<bool> importable;
  bool dry_run = false;
  std::string if_unchanged_since;
  bool drop_dangling = false;
  absl::Duration lock_timeout = absl::Seconds(10);
  int restore_points_keep = 20;
  absl::Duration restore_points_max_age = absl::Hours(24 * 30);
};

enum class ImportPhase { kStage, kLock, kRestorePoint, kMerge, kCommit };

struct ImportResult {
  operations::OperationRecord operation;
  Counts file;
  MergeReport changes;
  std::string restore_point_id;
  bool dry_run = false;
  // Set when an earlier run of the same operation did the work: what it
  // recorded; everything above but `operation` is then empty.
  std::optional<std::string> replayed_details_json;
};

// What the sender says it sent.
struct ImportTotals {
  int64_t snapshots = 0;
  int64_t environments = 0;
  std::string checksum;
};

// What a state file must say of itself: FILE_VERSION_UNSUPPORTED,
// FILE_NOT_IMPORTABLE, in SQLMesh's order and words.
absl::Status CheckFileHeader(int file_version, std::optional<bool> importable);

// What the importer tells while it works.
struct ImportHooks {
  std::function<void(ImportPhase)> phase = [](ImportPhase) {};
  // The result as it is kept with the operation.
  std::function<std::string(const ImportResult&)> to_json;
};

// Not thread-safe. Destroyed before Commit: everything is rolled back.
class Importer {
 public:
  // Every check that needs no record; begins the operation and the transaction.
  static absl::StatusOr<std::unique_ptr<Importer>> Begin(postgres::Pool& pool,
                                                         const CallContext& context,
                                                         ImportOptions options, ImportHooks hooks);
  virtual ~Importer() = default;

  virtual const store::Versions& state_versions() const = 0;
  virtual absl::Status Part(const RecordPart& part) = 0;
  virtual int64_t snapshots() const = 0;
  virtual int64_t environments() const = 0;
  // COMMIT_IN_DOUBT only when even a second connection cannot tell.
  virtual absl::StatusOr<ImportResult> Commit(const ImportTotals& totals) = 0;
};

}  // namespace stateserver::transfer
