// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "common/error.h"

namespace stateserver::client {
namespace {

std::string_view HintFor(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "Make room or choose another place.";
    case EFBIG:
      return "Raise the limit on file sizes (ulimit -f) or choose another place.";
    case EACCES:
    case EPERM:
    case EROFS:
      return "Choose a place this user may use.";
    case ENOENT:
    case ENOTDIR:
      return "Check the path.";
    default:
      return "";
  }
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() { Close(); }

int Fd::Close() {
  if (fd_ < 0) return 0;
  return ::close(std::exchange(fd_, -1)) == 0 ? 0 : errno;
}

absl::Status FileError(std::string_view verb, std::string_view name, int error) {
  std::string message = "Cannot ";
  message.append(verb).append(" ").append(name).append(": ").append(strerror(error));
  const char* code = strerrorname_np(error);
  return Error(Reason::ARGUMENT_INVALID, message, HintFor(error),
               {{"file", std::string(name)}, {"errno", code != nullptr ? code : ""}});
}

absl::Status WriteAll(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return FileError("write", name, errno);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status WriteAt(int fd, uint64_t offset, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return FileError("write", name, errno);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> ReadSome(int fd, char* to, size_t size, std::string_view name) {
  while (true) {
    ssize_t got = ::read(fd, to, size);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return FileError("read", name, errno);
  }
}

std::string TemporaryFolder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

absl::StatusOr<Fd> OpenUnlinked(std::string_view what) {
  std::string path = TemporaryFolder() + "/stateclient-XXXXXX";
  Fd fd(::mkostemp(path.data(), O_CLOEXEC));
  if (!fd.valid()) {
    int error = errno;
    return FileError("create a temporary file for " + std::string(what) + " in",
                     "'" + TemporaryFolder() + "'", error);
  }
  ::unlink(path.c_str());
  return fd;
}

std::string DisplayName(std::string_view path, std::string_view dash) {
  if (path == "-") return std::string(dash);
  return "'" + std::string(path) + "'";
}

}  // namespace stateserver::client
