// SPDX-License-Identifier: Apache-2.0
//
// Addresses a listener can be given.
#pragma once

#include <string_view>

namespace stateserver::config {

// HOST:PORT or [IPv6]:PORT, the port from 0 (any free one) to 65535; or
// unix:/absolute/path of at most 107 bytes.
bool IsListenAddress(std::string_view address);

// True when only this machine can connect: 127.0.0.0/8, ::1, localhost, unix:.
bool IsLoopback(std::string_view address);

}  // namespace stateserver::config
