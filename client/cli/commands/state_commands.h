// SPDX-License-Identifier: Apache-2.0
//
// The commands that carry or change a whole state.
#pragma once

#include "client/cli/command.h"

namespace stateserver::client {

Command ExportCommand();
Command ImportCommand();
Command MigrateCommand();
Command UpgradeFileCommand();
Command RollbackCommand();

}  // namespace stateserver::client
