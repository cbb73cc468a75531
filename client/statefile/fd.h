// SPDX-License-Identifier: Apache-2.0
//
// File descriptors and errors of the calls that use them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stateserver::client {

// Fd owns a descriptor and closes it on destruction. Movable.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Closes the descriptor now. Returns 0 or the errno; a full disk may be reported only here.
  int Close();

 private:
  int fd_ = -1;
};

// Returns an error such as "Cannot write 'x.json': No space left on device". `name` is the user's
// name for the file. Facts: file, errno (its name, such as ENOSPC). The reason is ARGUMENT_INVALID,
// because the given path or location is not usable.
absl::Status FileError(std::string_view verb, std::string_view name, int error);

// Write all of `bytes`, at the descriptor's position or at `offset`. `name` is used in errors.
absl::Status WriteAll(int fd, std::string_view bytes, std::string_view name);
absl::Status WriteAt(int fd, uint64_t offset, std::string_view bytes, std::string_view name);

// Reads up to `size` bytes. Returns 0 at the end.
absl::StatusOr<size_t> ReadSome(int fd, char* to, size_t size, std::string_view name);

// Opens an unnamed file in $TMPDIR (otherwise /tmp), which disappears when closed. `what` appears
// in the message: "Cannot make a temporary file in '/tmp' for standard input: ...".
absl::StatusOr<Fd> OpenUnlinked(std::string_view what);
std::string TemporaryFolder();

// Returns `dash` for "-" and any other path in quotes.
std::string DisplayName(std::string_view path, std::string_view dash);

}  // namespace stateserver::client
