// The commands about what was done to a state, and its restore points.
#pragma once

#include "client/app/command.h"

namespace stateserver::client {

Command OperationsCommand();
Command OperationCommand();
Command TopCommand();
Command AuditCommand();
Command RestorePointsCommand();
Command RestoreCommand();

}  // namespace stateserver::client
