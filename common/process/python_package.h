// SPDX-License-Identifier: Apache-2.0
//
// Location of the Python package `stateserver_workers`.
#pragma once

#include <string>

namespace stateserver {

// Returns the folder share/stateserver/workers relative to this program's own folder, installed or
// in the build tree; "" if it does not exist.
std::string PythonPackageFolder();

// Returns "PYTHONPATH=…": that folder, followed by this process's own value.
std::string PythonPathEntry();

}  // namespace stateserver
