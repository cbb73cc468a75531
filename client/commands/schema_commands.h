// `stateclient schema …`: StarRocks schemas as files.
#pragma once

#include "client/app/command.h"

namespace stateserver::client {

Command SchemaCommand();

// Its parts.
Command SchemaInitCommand();
Command SchemaInspectCommand();
Command SchemaDiffCommand();
Command SchemaCheckCommand();

}  // namespace stateserver::client
