// The commands about the client itself.
#pragma once

#include "client/app/command.h"

namespace stateserver::client {

Command ContextCommand();
Command CompletionCommand();
Command ManualCommand();
Command HelpCommand();

}  // namespace stateserver::client
