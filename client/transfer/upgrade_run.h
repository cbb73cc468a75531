// SPDX-License-Identifier: Apache-2.0
//
// One UpgradeStateFile from a state file to another.
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
  // Of the new file.
  pb::Versions versions;
  // The records are as they were.
  bool unchanged = false;
  pb::UpgradeReport report;
  pb::ExportTrailer trailer;
  RecordCounts counts;  // written
};

// Opens the new file, once the server has accepted the old one.
using OpenWriter = std::function<absl::StatusOr<std::unique_ptr<StateFileWriter>>(bool with_token)>;

// Called from other threads than the one that upgrades.
struct UpgradeProgress {
  std::function<void(const pb::MigrateProgress&)> on_migration;
  ExportProgress exported;
};

// Sends begin, the records of `reader`, commit, and writes what comes back. The
// target is replaced only when all of it came and agrees; on any error it is as
// it was. A file that the server leaves as it is is copied here.
absl::StatusOr<UpgradeEnd> RunUpgrade(Client& client, pb::UpgradeBegin begin,
                                      std::unique_ptr<StateFileReader> reader,
                                      const OpenWriter& open, const UpgradeProgress& progress);

}  // namespace stateserver::client
