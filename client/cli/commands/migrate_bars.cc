// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/migrate_bars.h"

#include "client/cli/output/table.h"

namespace stateserver::client {

void MigrateBars::Update(const pb::MigrateProgress& progress) {
  const std::string& step = progress.step();
  if (step == "Creating the state tables") {
    Enter(Stage::kTables);
  } else if (step == "Migrating environments") {
    Enter(Stage::kEnvironments);
  } else if (step == "Reading snapshots") {
    Enter(Stage::kSnapshots);
  } else {
    // The bar stands while other work goes on.
    if (bars_ != nullptr) bars_->SetStatus(Printable(step));
    return;
  }
  total_ = progress.total();
  bars_->Update(0, progress.done(), total_);
}

void MigrateBars::Complete(const pb::MigrateResult& result) {
  if (stage_ == Stage::kEnvironments) total_ = result.rows().environments_written();
  End();
}

void MigrateBars::Enter(Stage stage) {
  if (stage_ == stage) return;
  End();
  stage_ = stage;
  std::string title = stage == Stage::kTables      ? "Creating state tables"
                      : stage == Stage::kSnapshots ? "Migrating snapshots"
                                                   : "Migrating environments";
  bars_ = std::make_unique<ProgressBars>(console_, std::vector<std::string>{title});
  bars_->Start();
}

void MigrateBars::End() {
  if (bars_ == nullptr) return;
  bars_->Complete(0, total_);
  bars_->Finish();
  bars_.reset();
  if (stage_ == Stage::kSnapshots) console_.talk() << "Snapshots migrated successfully\n";
  if (stage_ == Stage::kEnvironments) console_.talk() << "Environments migrated successfully\n";
}

}  // namespace stateserver::client
