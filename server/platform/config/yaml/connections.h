// SPDX-License-Identifier: Apache-2.0
//
// Reader of the gateways with their connections. It reports every problem in its section.
#pragma once

#include <vector>

#include "server/platform/config/config.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// Reads the value of `gateways`. As in SQLMesh, names are compared without case, and a block that
// is itself a gateway is accepted as that gateway, named "default" here.
std::vector<Gateway> ReadGateways(Section section);

}  // namespace stateserver::config
