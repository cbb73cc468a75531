// SPDX-License-Identifier: Apache-2.0

#include <array>

#include "client/cli/command.h"
#include "client/cli/commands/commands.h"

namespace stateserver::client {

std::span<const Command> CommandTable() {
  static const std::array kTable = {
      ExportCommand(),      ImportCommand(),        MigrateCommand(),      RollbackCommand(),
      UpgradeFileCommand(), CompactCommand(),       ExpiredCommand(),      CheckCommand(),
      VersionsCommand(),    GatewaysCommand(),      EnvironmentsCommand(), EnvironmentCommand(),
      SnapshotsCommand(),   SnapshotCommand(),      DiffCommand(),         StatsCommand(),
      HealthCommand(),      OperationsCommand(),    OperationCommand(),    TopCommand(),
      AuditCommand(),       RestorePointsCommand(), RestoreCommand(),      SchemaCommand(),
      DoctorCommand(),      ContextCommand(),       CompletionCommand(),   ManualCommand(),
      HelpCommand(),
  };
  return kTable;
}

}  // namespace stateserver::client
