// SPDX-License-Identifier: Apache-2.0
//
// Validation of the values before the records of a state file. The functions take the JSON text of
// one top-level value, whose syntax is already checked. The order of the checks and the messages
// are those of SQLMesh's import. `name` (of the file) appears in hints.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "client/statefile/format.h"

namespace stateserver::client {

// Reads `metadata`. Returns FILE_MALFORMED, FILE_VERSION_UNSUPPORTED, or FILE_NOT_IMPORTABLE if
// `must_import` is set and the file is marked as not importable.
absl::Status ReadMetadata(std::string_view json, bool must_import, std::string_view name,
                          StateFileHeader* header);

// Reads `versions`. Returns FILE_MALFORMED.
absl::Status ReadVersions(std::string_view json, std::string_view name, FileVersions* versions);

}  // namespace stateserver::client
