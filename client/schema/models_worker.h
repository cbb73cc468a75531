// SPDX-License-Identifier: Apache-2.0
//
// Compilation of SQLAlchemy models by the user's own Python and its `starrocks` dialect.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"

namespace stateserver::client {

// Returns the CREATE statements of the models in `name`, "MODULE" or "MODULE:ATTRIBUTE", as one
// script. `python` is a path or a name on PATH; if empty, python3. Returns MODELS_FAILED with the
// message of the worker or its stderr, or INTERRUPTED.
absl::StatusOr<std::string> CompileModels(const std::string& name, const std::string& python,
                                          const Interrupts& interrupts);

}  // namespace stateserver::client
