// SPDX-License-Identifier: Apache-2.0
//
// Which services this program serves.
#pragma once

#include "server/app/application.h"

namespace stateserver::lifecycle {

Wiring ProductWiring();

}  // namespace stateserver::lifecycle
