// SPDX-License-Identifier: Apache-2.0
//
// `stateclient schema …`: StarRocks schemas as files.
#pragma once

#include "client/cli/command.h"

namespace stateserver::client {

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

}  // namespace stateserver::client
