// SPDX-License-Identifier: Apache-2.0
//
// Where a state file goes: never half a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/statefile/fd.h"

namespace stateserver::client {

// Three kinds, by what `path` is:
// * a regular file, or nothing yet: written to a temporary file beside it (beside
//   what a symbolic link points to), which replaces it at the end, keeping its
//   mode and, where allowed, its owner;
// * "-", a pipe or a device: spooled to a file in $TMPDIR without a name, and
//   copied at the end, so that a failure prints nothing;
// * /dev/null: written to directly.
// Destroyed before Commit() succeeded, it leaves everything as it was.
// Errors are ARGUMENT_INVALID with the facts file and errno. Not thread-safe.
class OutputTarget {
 public:
  static absl::StatusOr<std::unique_ptr<OutputTarget>> Open(const std::string& path);
  virtual ~OutputTarget() = default;

  // Takes writes in sequence.
  int fd() const { return fd_.get(); }
  // Whether bytes already written can be written again at their offset.
  virtual bool seekable() const { return true; }
  // What to call the file behind fd() in errors.
  const std::string& name() const { return name_; }

  // Makes what was written the target's content, safely on disk.
  virtual absl::Status Commit() = 0;

 protected:
  OutputTarget(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Fd fd_;
  std::string name_;
};

// Not thread-safe.
class Compressor {
 public:
  virtual ~Compressor() = default;

  // A gzip member or zstd frame of its own that holds `text` (up to 65535 bytes)
  // as it is: equal lengths give equal lengths, so it can be written over.
  virtual std::string Prefix(std::string_view text) const = 0;

  // Appends packed bytes to `out`, maybe later than their text was given; with
  // `last` all of them. INTERNAL when the library fails (no memory).
  virtual absl::Status Add(std::string_view text, bool last, std::string* out) = 0;
};

// By the end of the path: ".gz" and ".zst"; nullptr for anything else.
std::unique_ptr<Compressor> CompressorFor(std::string_view path);

}  // namespace stateserver::client
