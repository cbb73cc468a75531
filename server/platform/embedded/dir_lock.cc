// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/dir_lock.h"

#include <sys/file.h>

#include <cstdlib>

namespace stateserver::postgres::embedded {
namespace {

absl::Status Held(int fd, const std::string& dir) {
  char buffer[32] = {};
  ssize_t count = pread(fd, buffer, sizeof buffer - 1, 0);
  std::string pid = count > 0 ? std::to_string(std::atol(buffer)) : "unknown";
  return Error(Reason::ARGUMENT_INVALID,
               dir + " is in use by another stateserver (process " + pid + ")",
               "connect to that server, stop it, or name another folder", {{"process", pid}});
}

}  // namespace

absl::StatusOr<FileDescriptor> LockDir(const std::string& path, const std::string& dir) {
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.open()) {
    return Error(Reason::ARGUMENT_INVALID, "cannot open " + path + ": " + std::strerror(errno),
                 "name a folder that the server's user may write to");
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return Held(file.get(), dir);
  std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return Error(errno == ENOSPC ? Reason::DATABASE_FULL : Reason::INTERNAL,
                 "cannot write " + path + ": " + std::strerror(errno));
  }
  return file;
}

}  // namespace stateserver::postgres::embedded
