// The commands that keep a state small and sound.
#pragma once

#include "client/app/command.h"

namespace stateserver::client {

Command CompactCommand();
Command ExpiredCommand();
Command CheckCommand();

}  // namespace stateserver::client
