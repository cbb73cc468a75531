// SPDX-License-Identifier: Apache-2.0
//
// Atomic output of a state file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/statefile/fd.h"

namespace stateserver::client {

// OutputTarget receives a file's contents. There are three kinds, depending on `path`:
// * a regular file, or a path that does not exist: written to a temporary file in the same folder
//   (that of the target of a symbolic link), which replaces it at the end and keeps its mode and,
//   if permitted, its owner;
// * "-", a pipe or a device: spooled to an unnamed file in $TMPDIR and copied at the end, so that a
//   failure prints nothing;
// * /dev/null: written to directly.
// If it is destroyed before Commit() has succeeded, nothing is changed. Returns ARGUMENT_INVALID
// with the facts file and errno. Not thread-safe.
class OutputTarget {
 public:
  static absl::StatusOr<std::unique_ptr<OutputTarget>> Open(const std::string& path);
  virtual ~OutputTarget() = default;

  // Returns the descriptor for sequential writes.
  int fd() const { return fd_.get(); }
  // Returns true if bytes already written can be overwritten at their offset.
  virtual bool seekable() const { return true; }
  // Returns the name of the file behind fd() for errors.
  const std::string& name() const { return name_; }

  // Makes the written data the target's contents, durably on disk.
  virtual absl::Status Commit() = 0;

 protected:
  OutputTarget(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Fd fd_;
  std::string name_;
};

// Compressor compresses a stream. Not thread-safe.
class Compressor {
 public:
  virtual ~Compressor() = default;

  // Returns a separate gzip member or zstd frame that stores `text` (up to 65535 bytes)
  // uncompressed. Equal lengths give equal lengths, so it can be overwritten later.
  virtual std::string Prefix(std::string_view text) const = 0;

  // Appends compressed bytes to `out`, possibly delayed; with `last` all remaining ones. Returns
  // INTERNAL if the library fails (out of memory).
  virtual absl::Status Add(std::string_view text, bool last, std::string* out) = 0;
};

// Returns a compressor for paths that end with ".gz" or ".zst", otherwise nullptr.
std::unique_ptr<Compressor> CompressorFor(std::string_view path);

}  // namespace stateserver::client
