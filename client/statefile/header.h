// SPDX-License-Identifier: Apache-2.0
//
// Checks and reads what stands before the records of a state file.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/statefile/format.h"

namespace stateserver::client {

// Both take the JSON text of one top-level value, already checked for syntax.
// The order of the checks and the sentences are those of SQLMesh's import.
// `name` (of the file) goes into hints.

// `metadata`: FILE_MALFORMED, FILE_VERSION_UNSUPPORTED, or FILE_NOT_IMPORTABLE
// when `must_import` and the file says it cannot be imported.
absl::Status ReadMetadata(std::string_view json, bool must_import, std::string_view name,
                          StateFileHeader* header);

// `versions`: FILE_MALFORMED.
absl::Status ReadVersions(std::string_view json, std::string_view name, FileVersions* versions);

}  // namespace stateserver::client
