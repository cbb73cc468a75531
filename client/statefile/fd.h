// SPDX-License-Identifier: Apache-2.0
//
// File descriptors and the errors of the calls that use them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace stateserver::client {

// Closes on destruction. Movable.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Closes now. 0, or the errno: a full disk may only show here.
  int Close();

 private:
  int fd_ = -1;
};

// "Cannot write 'x.json': No space left on device". `name` is what the user
// calls the file. Facts: file, errno (its name, such as ENOSPC).
// ARGUMENT_INVALID: it is the path or the place given that will not do.
absl::Status FileError(std::string_view verb, std::string_view name, int error);

// All of `bytes`, at the descriptor's position or at `offset`. `name` is for
// the error.
absl::Status WriteAll(int fd, std::string_view bytes, std::string_view name);
absl::Status WriteAt(int fd, uint64_t offset, std::string_view bytes, std::string_view name);

// Up to `size` bytes; 0 at the end.
absl::StatusOr<size_t> ReadSome(int fd, char* to, size_t size, std::string_view name);

// An open file in $TMPDIR (else /tmp) that is gone when closed. `what` goes into
// the sentence: "Cannot make a temporary file in '/tmp' for standard input: ...".
absl::StatusOr<Fd> OpenUnlinked(std::string_view what);
std::string TemporaryFolder();

// "-" as "standard input" (or what is given), any other path in quotes.
std::string DisplayName(std::string_view path, std::string_view dash);

}  // namespace stateserver::client
