// SPDX-License-Identifier: Apache-2.0
//
// The commands about the client itself.
#pragma once

#include "client/cli/command.h"

namespace stateserver::client {

Command DoctorCommand();
Command ContextCommand();
Command CompletionCommand();
Command ManualCommand();
Command HelpCommand();

}  // namespace stateserver::client
