// SPDX-License-Identifier: Apache-2.0
//
// Files of a folder, written without following links.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver::client {

enum class IfExists { kReplace, kFail };

// Returns OK if `name` is one plain component of a path, has the suffix (".sql") behind at least
// one other character, has at most 255 bytes, and begins with neither '.' nor '-'. Slashes,
// backslashes and control characters are refused; so is text that is not UTF-8. Returns
// ANSWER_INVALID otherwise. Every name that a server chooses must be checked before it is used.
absl::Status CheckFileName(std::string_view name, std::string_view suffix);

// Writes `text` as the file `name` of `folder`: into a temporary file of the same folder, which is
// renamed when it is on disk. `folder` may be a link. A link named `name` is never followed: it
// counts as existing, and kReplace replaces the link itself. A replaced file keeps its mode; a
// write-protected one is not replaced. Returns OUTPUT_FAILED with the path and the reason.
absl::Status WriteFolderFile(const std::string& folder, const std::string& name,
                             std::string_view text, IfExists if_exists);

}  // namespace stateserver::client
