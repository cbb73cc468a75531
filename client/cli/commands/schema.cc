// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/commands.h"

namespace stateserver::client {

Command SchemaCommand() {
  Command command{"schema", kSchemaGroup, "StarRocks schemas as files: compare, plan, revisions"};
  command.subcommands = {SchemaInitCommand(),    SchemaInspectCommand(),   SchemaDiffCommand(),
                         SchemaCheckCommand(),   SchemaRevisionCommand(),  SchemaMergeCommand(),
                         SchemaUpgradeCommand(), SchemaDowngradeCommand(), SchemaCurrentCommand(),
                         SchemaHeadsCommand(),   SchemaHistoryCommand(),   SchemaShowCommand(),
                         SchemaStampCommand(),   SchemaRepairCommand()};
  return command;
}

}  // namespace stateserver::client
