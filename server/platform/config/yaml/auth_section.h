// SPDX-License-Identifier: Apache-2.0
//
// Reader of the section about access. It reports every problem in the section.
#pragma once

#include <string>
#include <vector>

#include "server/platform/config/auth.h"
#include "server/platform/config/config.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// Reads the section `auth` if it is present. Roles may name only `gateways`, unless there are none.
// Paths stay as written.
void ReadAuth(Section* top, const std::vector<Gateway>& gateways, Auth* out);

// Reads a mapping of gateways to roles, such as {prod: writer, "*": reader}. It must not be empty.
// Unless `gateways` is null or empty, the names must be among them.
void ReadRoles(Section* section, const std::string& key, const std::vector<Gateway>* gateways,
               Roles* out);

}  // namespace stateserver::config
