// SPDX-License-Identifier: Apache-2.0
//
// The section `auth` of the configuration.
#pragma once

#include "server/platform/config/auth.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// Reads the section, if it is there. Paths stay as written.
void ReadAuth(Section* top, Auth* out);

// A mapping of gateways to roles, as {prod: writer, "*": reader}; not empty.
void ReadRoles(Section* section, const std::string& key, Roles* out);

}  // namespace stateserver::config
