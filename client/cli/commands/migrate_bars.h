// SPDX-License-Identifier: Apache-2.0
//
// The progress of a migration as SQLMesh shows it: a bar for snapshots, then one
// for environments, each with its sentence.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "client/cli/output/progress.h"
#include "client/cli/session.h"

namespace stateserver::client {

class MigrateBars {
 public:
  explicit MigrateBars(Console& console) : console_(console) {}

  void Update(const pb::MigrateProgress& progress);
  // What was done in the end.
  void Complete(const pb::MigrateResult& result);

 private:
  enum class Stage { kNone, kTables, kSnapshots, kEnvironments };

  // Ends the bar of the stage before, and begins that of this one.
  void Enter(Stage stage);
  void End();

  Console& console_;
  Stage stage_ = Stage::kNone;
  std::unique_ptr<ProgressBars> bars_;
  int64_t total_ = 0;
};

}  // namespace stateserver::client
