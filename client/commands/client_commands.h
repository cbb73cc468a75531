// The commands about the client itself.
#pragma once

#include "client/app/command.h"

namespace stateserver::client {

Command DoctorCommand();
Command ContextCommand();
Command CompletionCommand();
Command ManualCommand();
Command HelpCommand();

}  // namespace stateserver::client
