// SPDX-License-Identifier: Apache-2.0
//
// Where the Python package `stateserver_workers` is.
#pragma once

#include <string>

namespace stateserver {

// The folder share/stateserver/workers beside this program's own folder, installed or in the build
// tree; empty where it is not there.
std::string PythonPackageFolder();

// "PYTHONPATH=…": that folder, then what this process has there.
std::string PythonPathEntry();

}  // namespace stateserver
