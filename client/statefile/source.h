// SPDX-License-Identifier: Apache-2.0
//
// Sources of a state file's bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stateserver::client {

// ByteSource is a stream of bytes. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Reads up to `size` (1 or more) bytes. Returns 0 at the end.
  virtual absl::StatusOr<size_t> Read(char* to, size_t size) = 0;

  // Returns to the first byte. May be called once. Data that cannot be read twice (a pipe) is kept
  // until then, 1 MiB in memory and the rest in a temporary file, and no longer afterwards.
  virtual absl::Status Rewind() = 0;
};

// Opens a file, a pipe, or standard input for "-". `name` is used in errors.
absl::StatusOr<std::unique_ptr<ByteSource>> OpenSource(const std::string& path,
                                                       const std::string& name);

// `bytes` must outlive the source.
std::unique_ptr<ByteSource> MemorySource(std::string_view bytes);

// Returns the contents of `raw`, decompressed if they start like a gzip or zstd file (consecutive
// members or frames form one text), otherwise unchanged. FILE_TRUNCATED and FILE_MALFORMED name the
// file.
std::unique_ptr<ByteSource> DecodingSource(std::unique_ptr<ByteSource> raw, std::string name);

}  // namespace stateserver::client
