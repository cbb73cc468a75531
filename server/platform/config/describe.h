// SPDX-License-Identifier: Apache-2.0
//
// The effective configuration in readable form, printed by --check-config.
#pragma once

#include <string>

#include "server/platform/config/config.h"

namespace stateserver::config {

// Returns YAML of the same shape as the file, with every default written out. Passwords appear as
// '***', or as '' if not set.
std::string Describe(const Config& config);

}  // namespace stateserver::config
