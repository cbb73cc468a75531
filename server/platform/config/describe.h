// SPDX-License-Identifier: Apache-2.0
//
// The configuration in effect, for people: what --check-config prints.
#pragma once

#include <string>

#include "server/platform/config/config.h"

namespace stateserver::config {

// YAML of the same shape as the file, every default written out, passwords as
// '***' (and '' where there is none).
std::string Describe(const Config& config);

}  // namespace stateserver::config
