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
  std::string database;  // for messages
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
  // Set if an earlier run of the same operation did the work: the details that it recorded. All
  // members above except `operation` are then empty.
  std::optional<std::string> replayed_details_json;
};

// ImportTotals holds the sender's totals.
struct ImportTotals {
  int64_t snapshots = 0;
  int64_t environments = 0;
  std::string checksum;
};

// Checks the header of a state file. Returns FILE_VERSION_UNSUPPORTED or FILE_NOT_IMPORTABLE, in
// SQLMesh's order and with its messages.
absl::Status CheckFileHeader(int file_version, std::optional<bool> importable);

// ImportHooks are called by the importer while it works.
struct ImportHooks {
  std::function<void(ImportPhase)> phase = [](ImportPhase) {};
  // Converts the result to the form stored with the operation.
  std::function<std::string(const ImportResult&)> to_json;
};

// Importer is one import. If it is destroyed before Commit, everything is rolled back. Not
// thread-safe.
class Importer {
 public:
  // Performs every check that needs no records, and begins the operation and the transaction.
  static absl::StatusOr<std::unique_ptr<Importer>> Begin(postgres::Pool& pool,
                                                         const CallContext& context,
                                                         ImportOptions options, ImportHooks hooks);
  virtual ~Importer() = default;

  virtual const store::Versions& state_versions() const = 0;
  virtual absl::Status Part(const RecordPart& part) = 0;
  virtual int64_t snapshots() const = 0;
  virtual int64_t environments() const = 0;
  // Applies the import. Returns COMMIT_IN_DOUBT only if a second connection cannot determine the
  // outcome either.
  virtual absl::StatusOr<ImportResult> Commit(const ImportTotals& totals) = 0;
};

}  // namespace stateserver::transfer
