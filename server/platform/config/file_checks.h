// SPDX-License-Identifier: Apache-2.0
//
// Checks of the files that a configuration names.
#pragma once

#include "server/platform/config/config.h"
#include "server/platform/config/problems.h"

namespace stateserver::config {

// Reports files of connections that are not regular files, and password commands whose program
// does not exist or cannot be executed by this process. All paths must be absolute.
void CheckFiles(const Config& config, Problems* problems);

}  // namespace stateserver::config
