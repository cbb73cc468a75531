// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>

#include "common/error.h"
#include "server/platform/embedded/layout.h"

namespace stateserver::postgres::embedded {

namespace {

namespace fs = std::filesystem;

constexpr int kOpenFolder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
// The kernel's own limit on the links of one path.
constexpr int kMaxLinks = 40;

absl::Status Planted(const std::string& link, const std::string& why) {
  return Error(Reason::ARGUMENT_INVALID, "'" + link + "' is a link " + why,
               "Name the folder to which it leads, or let root or the server's user own the link "
               "in a folder that only its owner may write to",
               {{"path", link}});
}

// Walker goes from the root to a folder by descriptors, one component at a time.
class Walker {
 public:
  // Goes as far as the path exists. Returns an error only for a link that must not be followed.
  absl::Status Walk(const std::string& path) {
    Restart();
    Prepend(fs::absolute(path).string());
    while (error_ == 0 && !rest_.empty()) {
      std::string name = std::move(rest_.front());
      rest_.pop_front();
      RETURN_IF_ERROR(Enter(name));
    }
    return absl::OkStatus();
  }

  // Returns 0 if the folder was reached, otherwise the errno of the component that was not.
  int error() const { return error_; }
  FileDescriptor ReleaseFd() { return std::move(fd_); }
  const std::string& reached() const { return reached_; }
  const std::deque<std::string>& rest() const { return rest_; }

  // Returns the path of the folder, of which the last components may not exist.
  std::string path() const {
    fs::path out = reached_;
    for (const std::string& name : rest_) out /= name;
    return out.lexically_normal().string();
  }

  // Creates the next missing component and enters it.
  absl::Status Create(mode_t mode) {
    std::string name = std::move(rest_.front());
    rest_.pop_front();
    std::string path = (fs::path(reached_) / name).string();
    if (mkdirat(fd_.get(), name.c_str(), mode) != 0) {
      return FileError("Cannot create the folder", path, errno);
    }
    FileDescriptor fresh(openat(fd_.get(), name.c_str(), kOpenFolder));
    struct stat info {};
    if (!fresh.open() || fstat(fresh.get(), &info) != 0) {
      return FileError("Cannot open the folder", path, errno);
    }
    if (info.st_uid != geteuid()) return FileError("Cannot create the folder", path, EEXIST);
    if (fchmodat(fresh.get(), ".", mode, 0) != 0) {
      return FileError("Cannot open the folder to its users", path, errno);
    }
    fd_ = std::move(fresh);
    reached_ = path;
    return absl::OkStatus();
  }

 private:
  void Restart() {
    fd_ = FileDescriptor(open("/", kOpenFolder));
    reached_ = "/";
    if (!fd_.open()) error_ = errno;
  }

  void Prepend(const std::string& path) {
    std::deque<std::string> parts;
    for (const fs::path& part : fs::path(path)) {
      if (part != "/" && part != "." && !part.empty()) parts.push_back(part.string());
    }
    rest_.insert(rest_.begin(), parts.begin(), parts.end());
  }

  void Stop(const std::string& name, int error) {
    rest_.push_front(name);
    error_ = error;
  }

  absl::Status Enter(const std::string& name) {
    // With O_PATH and O_NOFOLLOW this opens a link itself.
    FileDescriptor next(openat(fd_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!next.open() || fstat(next.get(), &info) != 0) {
      Stop(name, errno);
    } else if (S_ISLNK(info.st_mode)) {
      return Follow(name, next.get(), info);
    } else if (!S_ISDIR(info.st_mode)) {
      Stop(name, ENOTDIR);
    } else {
      fd_ = std::move(next);
      fs::path path = reached_;
      reached_ = (name == ".." ? path.parent_path() : path / name).string();
    }
    return absl::OkStatus();
  }

  absl::Status Follow(const std::string& name, int link, const struct stat& info) {
    std::string path = (fs::path(reached_) / name).string();
    struct stat folder {};
    if (fstat(fd_.get(), &folder) != 0) return FileError("Cannot inspect", reached_, errno);
    if (info.st_uid != 0 && info.st_uid != geteuid()) {
      return Planted(path, "that belongs to another user (user id " + std::to_string(info.st_uid) +
                               "), and is not followed");
    }
    if ((folder.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      return Planted(path, "in a folder that other users may write to, and is not followed");
    }
    char target[PATH_MAX];
    ssize_t length = readlinkat(link, "", target, sizeof target);
    if (length <= 0) return FileError("Cannot read the link", path, errno);
    if (++links_ > kMaxLinks) return FileError("Cannot follow the link", path, ELOOP);
    std::string text(target, static_cast<size_t>(length));
    if (text.starts_with('/')) Restart();
    Prepend(text);
    return absl::OkStatus();
  }

  FileDescriptor fd_;
  std::string reached_;
  std::deque<std::string> rest_;
  int links_ = 0;
  int error_ = 0;
};

absl::Status NotAFile(const std::string& path, const std::string& what) {
  return Error(Reason::ARGUMENT_INVALID, "'" + path + "' " + what + ", and is not used",
               "Remove it; the server creates it again", {{"path", path}});
}

absl::Status GiveOne(int fd, const std::string& path, const OsUser& user) {
  if (fchownat(fd, "", user.uid, user.gid, AT_EMPTY_PATH) == 0) return absl::OkStatus();
  return FileError("Cannot change the owner of", path, errno);
}

absl::Status GiveTree(int folder, const std::string& path, const OsUser& user);

absl::Status GiveEntry(int folder, const char* name, const std::string& path, const OsUser& user) {
  FileDescriptor entry(openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!entry.open() || fstat(entry.get(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : FileError("Cannot inspect", path, errno);
  }
  if (S_ISDIR(info.st_mode)) return GiveTree(entry.get(), path, user);
  if (info.st_uid == user.uid) return absl::OkStatus();
  if (info.st_nlink > 1) {
    return Error(Reason::ARGUMENT_INVALID,
                 "'" + path +
                     "' has a second name, which may be in another folder, so its owner "
                     "is not changed",
                 "Replace it by a copy of itself", {{"path", path}});
  }
  return GiveOne(entry.get(), path, user);
}

absl::Status GiveTree(int folder, const std::string& path, const OsUser& user) {
  // This descriptor belongs to the stream.
  int readable = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::unique_ptr<DIR, int (*)(DIR*)> entries(readable < 0 ? nullptr : fdopendir(readable),
                                              closedir);
  if (entries == nullptr) return FileError("Cannot read the folder", path, errno);
  while (const dirent* entry = readdir(entries.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    RETURN_IF_ERROR(GiveEntry(folder, entry->d_name, path + "/" + name, user));
  }
  return GiveOne(folder, path, user);
}

}  // namespace

absl::StatusOr<std::string> ResolvePath(const std::string& path) {
  Walker walker;
  RETURN_IF_ERROR(walker.Walk(path));
  return walker.path();
}

absl::StatusOr<Folder> Folder::Open(const std::string& path) {
  Walker walker;
  RETURN_IF_ERROR(walker.Walk(path));
  if (walker.error() != 0) {
    return FileError("Cannot open the folder", walker.path(), walker.error());
  }
  return Folder(walker.ReleaseFd(), walker.reached());
}

absl::StatusOr<Folder> Folder::OpenOrCreate(const std::string& path, mode_t mode) {
  Walker walker;
  RETURN_IF_ERROR(walker.Walk(path));
  if (walker.error() != 0 && walker.error() != ENOENT) {
    return FileError("Cannot open the folder", walker.path(), walker.error());
  }
  while (!walker.rest().empty()) RETURN_IF_ERROR(walker.Create(mode));
  return Folder(walker.ReleaseFd(), walker.reached());
}

absl::Status Folder::Give(const OsUser& user, mode_t mode) const {
  RETURN_IF_ERROR(GiveOne(fd_.get(), path_, user));
  // "." is never a link.
  if (fchmodat(fd_.get(), ".", mode, 0) == 0) return absl::OkStatus();
  return FileError("Cannot close the folder", path_, errno);
}

absl::Status Folder::GiveContents(const OsUser& user) const {
  struct stat info {};
  if (fstat(fd_.get(), &info) != 0) return FileError("Cannot inspect", path_, errno);
  return info.st_uid == user.uid ? absl::OkStatus() : GiveTree(fd_.get(), path_, user);
}

absl::StatusOr<FileDescriptor> Folder::OpenFile(const std::string& name, int flags) const {
  FileDescriptor file(openat(fd_.get(), name.c_str(),
                             flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
  if (!file.open() && errno == ELOOP) return NotAFile(At(name), "is a link");
  if (!file.open()) return FileError("Cannot open", At(name), errno);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return FileError("Cannot inspect", At(name), errno);
  if (S_ISREG(info.st_mode) && info.st_nlink <= 1) return file;
  return NotAFile(At(name), "is not a regular file with a single name");
}

absl::Status Folder::WriteFile(const std::string& name, const std::string& text,
                               const OsUser* owner) const {
  // A new file replaces the existing one, which may be a link that the folder's owner made.
  std::string fresh = name + ".tmp";
  unlinkat(fd_.get(), fresh.c_str(), 0);
  FileDescriptor file(
      openat(fd_.get(), fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  bool ok = file.open() &&
            write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
            (owner == nullptr || fchown(file.get(), owner->uid, owner->gid) == 0);
  return ok ? Rename(fresh, name) : FileError("Cannot write", At(name), errno);
}

absl::Status Folder::Rename(const std::string& from, const std::string& to) const {
  if (renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) == 0) return absl::OkStatus();
  return FileError("Cannot rename", At(from), errno);
}

absl::Status Folder::Sync() const {
  FileDescriptor readable(openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (readable.open() && fsync(readable.get()) == 0) return absl::OkStatus();
  return FileError("Cannot sync the folder", path_, errno);
}

}  // namespace stateserver::postgres::embedded
