// SPDX-License-Identifier: Apache-2.0
//
// Readers of the sections about gateways, with their connections, and about access. Each reports
// every problem in its section.
#pragma once

#include <vector>

#include "server/platform/config/auth.h"
#include "server/platform/config/config.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// Reads the value of `gateways`. As in SQLMesh, names are compared without case, and a block that
// is itself a gateway is accepted as that gateway, named "default" here.
std::vector<Gateway> ReadGateways(Section section);

// Reads the section if it is present. Paths stay as written.
void ReadAuth(Section* top, Auth* out);

// Reads a mapping of gateways to roles, such as {prod: writer, "*": reader}. It must not be empty.
void ReadRoles(Section* section, const std::string& key, Roles* out);

}  // namespace stateserver::config
