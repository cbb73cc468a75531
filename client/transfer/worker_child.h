// SPDX-License-Identifier: Apache-2.0
//
// What the Python children of the client have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"
#include "common/process/piped_child.h"

namespace stateserver::client {

// This process's environment, with the package stateserver_workers on PYTHONPATH.
std::vector<std::string> WorkerEnvironment();

// The child's next line; nothing once it has ended or a line is too long, which
// child->trouble() tells apart. INTERRUPTED.
absl::StatusOr<std::optional<std::string>> WaitForLine(PipedChild* child,
                                                       const Interrupts& interrupts);

}  // namespace stateserver::client
