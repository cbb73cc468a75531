// SPDX-License-Identifier: Apache-2.0
//
// State files on the command line: what click says of a missing one, and how
// they are called in sentences.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver::client {

// INPUT_FILE_MISSING with the usage lines of `command` unless `path` names
// something that is no folder; "-" is fine. `names`: "'-i' / '--input-file'".
absl::Status CheckInputFile(const std::string& path, std::string_view names,
                            std::string_view command);

// An error of the state file's writer: OUTPUT_FAILED where the file or its place is
// at fault (no room, no right, no such folder), else as it is.
absl::Status OutputError(const absl::Status& status);

// "'out.json'"; "-" is what `dash` says.
std::string FileInWords(const std::string& path, std::string_view dash);

}  // namespace stateserver::client
