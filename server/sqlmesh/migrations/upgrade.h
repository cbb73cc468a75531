// SPDX-License-Identifier: Apache-2.0
//
// A state file of an older release, brought to the newest one: its records are
// loaded into tables of a schema made up for the call, migrated and read again,
// all inside one transaction that is always rolled back.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/pool.h"
#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/transfer/exporter.h"
#include "server/sqlmesh/transfer/importer.h"
#include "server/sqlmesh/transfer/older_load.h"

namespace stateserver::migrations {

struct UpgradeOptions {
  std::string database;  // for sentences
  store::Versions file_versions;
  int file_version = 1;
  std::optional<bool> importable;
  std::string to;  // a SQLMesh release; empty: the newest known
  bool keep_unsupported_fingerprints = false;
  workers::FingerprintWorker* worker = nullptr;
  workers::PayloadRewriter* python = nullptr;
};

// Not thread-safe. Begin; then Part …, Migrate, Export. The state of the gateway
// is neither read nor changed; the database may hold none.
class Upgrade {
 public:
  // FILE_VERSION_UNSUPPORTED, FILE_NOT_IMPORTABLE, STATE_AHEAD, STATE_TOO_OLD for
  // what the file says of itself; ARGUMENT_INVALID for `to`; PERMISSION_MISSING
  // without the right to create a schema.
  static absl::StatusOr<std::unique_ptr<Upgrade>> Begin(postgres::Pool& pool,
                                                        const CallContext& context,
                                                        UpgradeOptions options);
  ~Upgrade();

  // The file is one of the newest schema and recipe already: its records stay as
  // they are, and none must be sent.
  bool unchanged() const { return unchanged_; }
  const store::Versions& target() const { return target_; }
  const transfer::Counts& counts() const { return load_->counts(); }

  absl::Status Part(const transfer::RecordPart& part) { return load_->Part(part); }
  // As RunMigration.
  absl::StatusOr<RunReport> Migrate(const transfer::ImportTotals& totals, const Progress& progress);
  absl::StatusOr<transfer::ExportTrailer> Export(transfer::ExportSink& sink);

 private:
  Upgrade(UpgradeOptions options, store::Versions target)
      : options_(std::move(options)), target_(std::move(target)) {}
  absl::Status Start(postgres::Pool& pool, const CallContext& context);

  const UpgradeOptions options_;
  const store::Versions target_;
  bool unchanged_ = false;
  std::string schema_;
  std::unique_ptr<postgres::Session> session_;
  std::unique_ptr<transfer::OlderLoad> load_;
};

}  // namespace stateserver::migrations
