// SPDX-License-Identifier: Apache-2.0
//
// The smallest HTTP client: one GET on the loopback.
#pragma once

#include <string>

namespace stateserver::transport {

// The whole response, headers included; empty when nothing answers.
std::string HttpGet(int port, const std::string& path);

}  // namespace stateserver::transport
