// SPDX-License-Identifier: Apache-2.0
//
// One MigrateStateFile, from one state file to another.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/statefile/reader.h"
#include "client/statefile/writer.h"
#include "client/transfer/export_run.h"

namespace stateserver::client {

struct UpgradeEnd {
  // Versions of the new file.
  pb::Versions versions;
  // True if the records are unchanged.
  bool unchanged = false;
  pb::MigrateFileReport report;
  pb::ExportTrailer trailer;
  RecordCounts counts;  // written
};

// OpenWriter opens the new file, once the server has accepted the old one.
using OpenWriter = std::function<absl::StatusOr<std::unique_ptr<StateFileWriter>>(bool with_token)>;

// UpgradeProgress is called from threads other than the upgrading one.
struct UpgradeProgress {
  std::function<void(const pb::Progress&)> on_migration;
  ExportProgress exported;
};

// Sends begin, the records of `reader` and commit, and writes the response. The target is replaced
// only if the response is complete and consistent; on any error it is unchanged. A file that the
// server does not change is copied locally.
absl::StatusOr<UpgradeEnd> RunUpgrade(Client& client, pb::MigrateFileBegin begin,
                                      std::unique_ptr<StateFileReader> reader,
                                      const OpenWriter& open, const UpgradeProgress& progress);

}  // namespace stateserver::client
