// SPDX-License-Identifier: Apache-2.0
//
// The `gateways` block: the shape of SQLMesh's own, plus connections of type
// embedded.
#pragma once

#include <vector>

#include "server/platform/config/config.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// Reads the value of `gateways`. As in SQLMesh, names are taken without case,
// and a block that is itself one gateway is that one, here named "default".
std::vector<Gateway> ReadGateways(Section section);

}  // namespace stateserver::config
