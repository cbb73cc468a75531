// SPDX-License-Identifier: Apache-2.0
//
// Files that other users may have prepared: read without waiting, and replaced as a whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stateserver {

// Maximum size of a configuration or settings file, and of a file with certificates or keys.
inline constexpr size_t kMaxConfigBytes = size_t{1} << 20;
inline constexpr size_t kMaxPemBytes = size_t{16} << 20;

// Reads a regular file of at most `max_bytes`, through links. Never waits for a pipe or a device,
// and never reads more, even if the file grows or, like those in /proc, has no size. Returns
// ARGUMENT_INVALID with the reason alone, for example "No such file or directory", "it is a
// directory", "it is not a regular file" or "it is larger than 4 MiB".
absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes);

// Checks without reading it that a file which a library opens by name is one that ReadRegularFile
// would read. Returns its errors.
absl::Status CheckRegularFile(const std::string& path, size_t max_bytes);

// Returns the path of the file to which `path` leads: `path` itself if it is a file or does not
// exist, otherwise the end of its links. Returns ARGUMENT_INVALID, naming the path, if it is a
// pipe, a device or a folder, if a link leads nowhere, or if a link belongs to somebody other than
// root, this user and the owner of its folder, because that user may have planted it.
absl::StatusOr<std::string> ResolveRegularFile(const std::string& path);

// Writes a temporary file with an unpredictable name in the same folder and renames it, so that
// readers never see a partial file. A link at `path` stays, and the file to which it leads is
// replaced. A new file is readable by its owner only; an existing file keeps its mode and owner.
// Returns the errors of ResolveRegularFile, and ARGUMENT_INVALID if the file cannot be written;
// then nothing has changed.
absl::Status ReplaceRegularFile(const std::string& path, std::string_view text);

}  // namespace stateserver
