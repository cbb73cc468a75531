#include <array>

#include "client/app/command.h"
#include "client/commands/client_commands.h"
#include "client/commands/history_commands.h"
#include "client/commands/maintenance_commands.h"
#include "client/commands/read_commands.h"
#include "client/commands/schema_commands.h"
#include "client/commands/state_commands.h"

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
