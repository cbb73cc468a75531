// SPDX-License-Identifier: Apache-2.0
//
// Addresses that a listener accepts.
#pragma once

#include <string_view>

namespace stateserver::config {

// Returns true for HOST:PORT or [IPv6]:PORT, with a port from 0 (any free port) to 65535, and for
// unix:/absolute/path of at most 107 bytes.
bool IsListenAddress(std::string_view address);

// Returns true if only this machine can connect: 127.0.0.0/8, ::1, localhost, unix:. A name such as
// 127.example.com may lead anywhere.
bool IsLoopback(std::string_view address);

}  // namespace stateserver::config
