// SPDX-License-Identifier: Apache-2.0
//
// The Python that a worker's command starts, and the files that it needs.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace stateserver::workers {

struct Interpreter {
  // The path of the program itself, where the command names a script that chooses one.
  std::string program;
  // The folders and files from which it imports, and the links that lead to the program.
  std::vector<std::string> paths;
  // The folder of the user's own packages (PYTHONUSERBASE); empty if it does not use one.
  std::string user_base;
};

// Returns true if the command's program is named like a Python interpreter.
bool IsPython(const std::vector<std::string>& command);

// Asks the interpreter of the command, which runs without confinement for that. Returns INTERNAL
// with a phrase if it does not answer within `timeout`.
absl::StatusOr<Interpreter> AskInterpreter(const std::string& program,
                                           const std::vector<std::string>& environment,
                                           absl::Duration timeout);

}  // namespace stateserver::workers
