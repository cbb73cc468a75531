// SPDX-License-Identifier: Apache-2.0

#include "common/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "common/text.h"
#include "common/uuid.h"

namespace stateserver {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;

absl::Status Invalid(std::string_view why) { return Error(Reason::ARGUMENT_INVALID, why); }

absl::Status TooLarge(size_t max_bytes) {
  constexpr size_t kMiB = size_t{1} << 20;
  return Invalid(max_bytes % kMiB == 0 ? Cat("it is larger than ", max_bytes / kMiB, " MiB")
                                       : Cat("it is larger than ", max_bytes, " bytes"));
}

absl::StatusOr<FileDescriptor> OpenRegular(const std::string& path, size_t max_bytes) {
  // Without O_NONBLOCK, opening a pipe waits until somebody writes to it.
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  // A socket cannot be opened.
  if (!file.open() && errno == ENXIO) return Invalid("it is not a regular file");
  if (!file.open() || fstat(file.get(), &info) != 0) return Invalid(std::strerror(errno));
  if (S_ISDIR(info.st_mode)) return Invalid("it is a directory");
  if (!S_ISREG(info.st_mode)) return Invalid("it is not a regular file");
  if (static_cast<size_t>(info.st_size) > max_bytes) return TooLarge(max_bytes);
  return file;
}

absl::Status InvalidPath(const std::string& path, std::string_view what) {
  return Error(Reason::ARGUMENT_INVALID, Cat(path, " ", what), "Nothing was changed.",
               {{"file", path}});
}

absl::Status WriteFailed(const std::string& path) {
  return InvalidPath(path, Cat("cannot be written: ", std::string_view(std::strerror(errno))));
}

std::string FolderOf(const std::string& path) {
  std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Returns OK unless another user may have planted the link.
absl::Status CheckLinkOwner(const std::string& path, const struct stat& link) {
  struct stat folder {};
  if (stat(FolderOf(path).c_str(), &folder) != 0) return WriteFailed(path);
  if (link.st_uid == 0 || link.st_uid == geteuid() || link.st_uid == folder.st_uid) {
    return absl::OkStatus();
  }
  return InvalidPath(path, "is a link of another user, and is not followed");
}

absl::StatusOr<std::string> TargetOf(const std::string& path) {
  std::error_code error;
  fs::path target = fs::read_symlink(path, error);
  if (error) return InvalidPath(path, Cat("is a link that cannot be read: ", error.message()));
  return target.is_absolute() ? target.string() : (fs::path(FolderOf(path)) / target).string();
}

absl::Status WriteWhole(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return WriteFailed(path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : WriteFailed(path);
}

// Replacement writes a temporary file in the folder of `path` and removes it unless it was renamed.
class Replacement {
 public:
  explicit Replacement(std::string path) : path_(std::move(path)) {}
  ~Replacement() {
    if (!temporary_.empty()) unlinkat(folder_.get(), temporary_.c_str(), 0);
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  absl::Status Write(std::string_view text) {
    const std::string name = fs::path(path_).filename().string();
    folder_ = FileDescriptor(open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_.open()) return WriteFailed(path_);
    struct stat before {};
    const bool exists = fstatat(folder_.get(), name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists && errno != ENOENT) return WriteFailed(path_);
    if (exists && !S_ISREG(before.st_mode)) return InvalidPath(path_, "is not a regular file");
    std::string temporary = Cat(".stateserver-", NewHexId(), ".tmp");
    FileDescriptor file(openat(folder_.get(), temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.open()) return WriteFailed(path_);
    temporary_ = std::move(temporary);
    if (exists && (fchown(file.get(), before.st_uid, before.st_gid) != 0 ||
                   fchmod(file.get(), before.st_mode & 07777) != 0)) {
      return WriteFailed(path_);
    }
    RETURN_IF_ERROR(WriteWhole(file.get(), text, path_));
    if (renameat(folder_.get(), temporary_.c_str(), folder_.get(), name.c_str()) != 0) {
      return WriteFailed(path_);
    }
    temporary_.clear();
    // The file is in place already; some file systems cannot sync a folder.
    (void)fsync(folder_.get());
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  FileDescriptor folder_;
  std::string temporary_;
};

}  // namespace

absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes) {
  ASSIGN_OR_RETURN(FileDescriptor file, OpenRegular(path, max_bytes));
  std::string text;
  char buffer[64 << 10];
  while (text.size() <= max_bytes) {
    ssize_t bytes = read(file.get(), buffer, sizeof(buffer));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return Invalid(std::strerror(errno));
    if (bytes == 0) return text;
    text.append(buffer, static_cast<size_t>(bytes));
  }
  return TooLarge(max_bytes);
}

absl::Status CheckRegularFile(const std::string& path, size_t max_bytes) {
  return OpenRegular(path, max_bytes).status();
}

absl::StatusOr<std::string> ResolveRegularFile(const std::string& path) {
  std::string at = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    struct stat info {};
    if (lstat(at.c_str(), &info) != 0) {
      if (errno != ENOENT) return WriteFailed(at);
      if (links == 0) return at;
      return InvalidPath(path, Cat("is a link to ", at, ", which does not exist"));
    }
    if (S_ISREG(info.st_mode)) return at;
    if (!S_ISLNK(info.st_mode)) return InvalidPath(at, "is not a regular file");
    RETURN_IF_ERROR(CheckLinkOwner(at, info));
    ASSIGN_OR_RETURN(at, TargetOf(at));
  }
  return InvalidPath(path, "is a link that leads to itself");
}

absl::Status ReplaceRegularFile(const std::string& path, std::string_view text) {
  ASSIGN_OR_RETURN(std::string target, ResolveRegularFile(path));
  return Replacement(std::move(target)).Write(text);
}

}  // namespace stateserver
