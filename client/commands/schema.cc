#include "client/commands/groups.h"
#include "client/commands/schema_commands.h"

namespace stateserver::client {

Command SchemaCommand() {
  Command command{"schema", kSchemaGroup, "StarRocks schemas as files: compare, plan, generate"};
  command.subcommands = {SchemaInitCommand(), SchemaInspectCommand(), SchemaDiffCommand(),
                         SchemaCheckCommand()};
  return command;
}

}  // namespace stateserver::client
