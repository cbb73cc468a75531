// SPDX-License-Identifier: Apache-2.0
//
// The commands about the client itself.
#pragma once

#include <string_view>

#include "client/cli/command.h"

namespace stateserver::client {

Command DoctorCommand();
Command ContextCommand();
Command CompletionCommand();
Command ManualCommand();
Command HelpCommand();

// The headings of `stateclient help`.

inline constexpr std::string_view kStateGroup = "State";
inline constexpr std::string_view kMaintenanceGroup = "Maintaining a state";
inline constexpr std::string_view kReadGroup = "Reading a state";
inline constexpr std::string_view kHistoryGroup = "History";
inline constexpr std::string_view kSchemaGroup = "StarRocks schemas";
inline constexpr std::string_view kClientGroup = "This client";

// The commands about what was done to a state, and its restore points.

Command OperationsCommand();
Command OperationCommand();
Command TopCommand();
Command AuditCommand();
Command RestorePointsCommand();
Command RestoreCommand();

// The commands that keep a state small and sound.

Command CompactCommand();
Command ExpiredCommand();
Command CheckCommand();

// The commands that show what a gateway's state holds. Each has a file of its
// own; the table is in command_table.cc.

Command VersionsCommand();
Command GatewaysCommand();
Command EnvironmentsCommand();
Command EnvironmentCommand();
Command SnapshotsCommand();
Command SnapshotCommand();
Command DiffCommand();
Command StatsCommand();
Command HealthCommand();

// `stateclient schema …`: StarRocks schemas as files.

Command SchemaCommand();

// Its parts.
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

// The commands that carry or change a whole state.

Command ExportCommand();
Command ImportCommand();
Command MigrateCommand();
Command UpgradeFileCommand();
Command RollbackCommand();

}  // namespace stateserver::client
