// SPDX-License-Identifier: Apache-2.0
//
// The commands about what was done to a state, and its restore points.
#pragma once

#include "client/cli/command.h"

namespace stateserver::client {

Command OperationsCommand();
Command OperationCommand();
Command TopCommand();
Command AuditCommand();
Command RestorePointsCommand();
Command RestoreCommand();

}  // namespace stateserver::client
