// SPDX-License-Identifier: Apache-2.0
//
// The files of the configuration that only the server may read.
#pragma once

#include <string>
#include <vector>

#include "server/platform/config/config.h"

namespace stateserver::config {

// Returns the configuration itself and what it names: tokens, keys and certificates, sockets, and
// the folders of embedded clusters; also the files in which libpq finds passwords. Paths are
// absolute; they need not exist.
std::vector<std::string> SecretFiles(const Config& config);

}  // namespace stateserver::config
