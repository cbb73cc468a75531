// SPDX-License-Identifier: Apache-2.0
//
// The commands that show what a gateway's state holds. Each has a file of its
// own; the table is in command_table.cc.
#pragma once

#include "client/cli/command.h"

namespace stateserver::client {

Command VersionsCommand();
Command GatewaysCommand();
Command EnvironmentsCommand();
Command EnvironmentCommand();
Command SnapshotsCommand();
Command SnapshotCommand();
Command DiffCommand();
Command StatsCommand();
Command HealthCommand();

}  // namespace stateserver::client
