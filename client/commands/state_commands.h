// The commands that carry or change a whole state.
#pragma once

#include "client/app/command.h"

namespace stateserver::client {

Command ExportCommand();
Command ImportCommand();
Command MigrateCommand();
Command UpgradeFileCommand();
Command RollbackCommand();

}  // namespace stateserver::client
