// Which services this program serves.
#pragma once

#include "server/lifecycle/application.h"

namespace stateserver::lifecycle {

Wiring ProductWiring();

}  // namespace stateserver::lifecycle
