// SPDX-License-Identifier: Apache-2.0
//
// SQLAlchemy models, compiled by the user's own Python and its `starrocks`
// dialect.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"

namespace stateserver::client {

// The CREATE statements of the models in `name`, "MODULE" or "MODULE:ATTRIBUTE",
// as one script. `python`: a path or a name on PATH; empty: python3.
// Errors: MODELS_FAILED with what the worker or its stderr says; INTERRUPTED.
absl::StatusOr<std::string> CompileModels(const std::string& name, const std::string& python,
                                          const Interrupts& interrupts);

}  // namespace stateserver::client
