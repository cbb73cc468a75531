// SPDX-License-Identifier: Apache-2.0
//
// State files on the command line: errors in click's words, and names for messages.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver::client {

// Returns INPUT_FILE_MISSING with the usage lines of `command` unless `path` exists and is not a
// folder, or is "-". `names`: "'-i' / '--input-file'".
absl::Status CheckInputFile(const std::string& path, std::string_view names,
                            std::string_view command);

// Converts an error of the state file's writer: OUTPUT_FAILED if the file or its location is the
// cause (disk full, permission, missing folder), otherwise unchanged.
absl::Status OutputError(const absl::Status& status);

// Returns "'out.json'", or `dash` for "-".
std::string FileInWords(const std::string& path, std::string_view dash);

}  // namespace stateserver::client
