// SPDX-License-Identifier: Apache-2.0
//
// The commands of stateclient, by topic.
#pragma once

#include <string_view>

#include "client/cli/command.h"

namespace stateserver::client {

Command DoctorCommand();
Command ContextCommand();
Command CompletionCommand();
Command ManualCommand();
Command HelpCommand();

// Headings of `stateclient help`.
inline constexpr std::string_view kStateGroup = "State";
inline constexpr std::string_view kMaintenanceGroup = "Maintaining a state";
inline constexpr std::string_view kReadGroup = "Reading a state";
inline constexpr std::string_view kHistoryGroup = "History";
inline constexpr std::string_view kSchemaGroup = "StarRocks schemas";
inline constexpr std::string_view kClientGroup = "This client";

// Commands for the history of a state and its restore points.
Command OperationsCommand();
Command OperationCommand();
Command TopCommand();
Command AuditCommand();
Command RestorePointsCommand();
Command RestoreCommand();

// Commands for the maintenance of a state.
Command CompactCommand();
Command ExpiredCommand();
Command CheckCommand();

// Commands that show the contents of a gateway's state.
Command VersionsCommand();
Command GatewaysCommand();
Command EnvironmentsCommand();
Command EnvironmentCommand();
Command SnapshotsCommand();
Command SnapshotCommand();
Command DiffCommand();
Command StatsCommand();
Command HealthCommand();

// Returns the command `stateclient schema …`, which manages StarRocks schemas as files.
Command SchemaCommand();

// Return the subcommands of `schema`.
Command SchemaInitCommand();
Command SchemaInspectCommand();
Command SchemaDiffCommand();
Command SchemaCheckCommand();
Command SchemaRevisionCommand();
Command SchemaMergeCommand();
Command SchemaUpgradeCommand();
Command SchemaDowngradeCommand();
Command SchemaRepairCommand();
Command SchemaStampCommand();
Command SchemaCurrentCommand();
Command SchemaHeadsCommand();
Command SchemaHistoryCommand();
Command SchemaShowCommand();

// Commands that transfer or change a whole state.
Command ExportCommand();
Command ImportCommand();
Command MigrateCommand();
Command UpgradeFileCommand();
Command RollbackCommand();

}  // namespace stateserver::client
