// SPDX-License-Identifier: Apache-2.0
//
// The commands that keep a state small and sound.
#pragma once

#include "client/cli/command.h"

namespace stateserver::client {

Command CompactCommand();
Command ExpiredCommand();
Command CheckCommand();

}  // namespace stateserver::client
