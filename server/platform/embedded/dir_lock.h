// SPDX-License-Identifier: Apache-2.0
//
// One server per folder.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/process/file_descriptor.h"

namespace stateserver::postgres::embedded {

// Takes the lock file at `path` until the descriptor is closed or the process
// ends, and writes this process's id into it. ARGUMENT_INVALID with the id of the
// process that holds it.
absl::StatusOr<FileDescriptor> LockDir(const std::string& path, const std::string& dir);

}  // namespace stateserver::postgres::embedded
