// SPDX-License-Identifier: Apache-2.0
//
// Where the bytes of a state file come from.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stateserver::client {

// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Up to `size` (1 or more) bytes; 0 at the end.
  virtual absl::StatusOr<size_t> Read(char* to, size_t size) = 0;

  // Back to the first byte. At most once: what cannot be read twice (a pipe) is
  // kept until then, 1 MiB in memory and the rest in a temporary file, and no
  // longer kept after it.
  virtual absl::Status Rewind() = 0;
};

// A file, a pipe, or "-" for standard input. `name` is for errors.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenSource(const std::string& path,
                                                       const std::string& name);

// `bytes` must outlive the source.
std::unique_ptr<ByteSource> MemorySource(std::string_view bytes);

// What `raw` holds, unpacked when it starts like a gzip or zstd file (several
// members or frames in a row are one text), else as it is. FILE_TRUNCATED and
// FILE_MALFORMED name the file.
std::unique_ptr<ByteSource> DecodingSource(std::unique_ptr<ByteSource> raw, std::string name);

}  // namespace stateserver::client
