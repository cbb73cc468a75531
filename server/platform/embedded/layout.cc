// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/layout.h"

#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "common/error.h"
#include "common/regular_file.h"
#include "server/platform/embedded/folder.h"
#include "server/platform/embedded/processes.h"

namespace stateserver::postgres::embedded {

namespace {

namespace fs = std::filesystem;

constexpr size_t kBufferBytes = 64 << 10;

std::vector<gid_t> GroupsOf(const std::string& name, gid_t gid) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<size_t>(count));
  if (getgrouplist(name.c_str(), gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<size_t>(count));
    getgrouplist(name.c_str(), gid, groups.data(), &count);
  }
  groups.resize(static_cast<size_t>(count));
  return groups;
}

OsUser FromEntry(const passwd& entry) {
  return {entry.pw_name, entry.pw_uid, entry.pw_gid, GroupsOf(entry.pw_name, entry.pw_gid)};
}

absl::Status NoSuchUser(const std::string& who) {
  return Error(Reason::ARGUMENT_INVALID, who + " has no entry in the user database",
               "PostgreSQL needs its user's name: add one, for example to /etc/passwd");
}

std::vector<std::string> WayTo(const fs::path& path) {
  std::vector<std::string> way;
  fs::path at;
  for (const fs::path& part : path) {
    at /= part;
    way.push_back(at.string());
  }
  return way;
}

absl::Status CheckWay(const std::string& folder, const OsUser& user) {
  ASSIGN_OR_RETURN(std::string closed, FirstNotEnterable(WayTo(folder), user));
  if (closed.empty()) return absl::OkStatus();
  std::string which =
      "'" + closed + (closed == folder ? "'" : "', which leads to '" + folder + "'");
  return Error(
      Reason::ARGUMENT_INVALID,
      "The user '" + user.name + "', who runs the embedded PostgreSQL, cannot enter " + which,
      "Run 'chmod o+x " + closed +
          "', or choose a folder that every user can reach, such "
          "as one in /var/lib",
      {{"path", closed}});
}

bool FitsSocket(const std::string& folder) {
  return folder.size() + 1 + std::strlen(kSocketName) <= kMaxSocketPath;
}

// Returns true for a folder that `user` owns and only `user` can change.
bool IsPrivate(const std::string& path, const OsUser& user) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == user.uid &&
         (info.st_mode & 077) == 0;
}

// Returns an empty path if there is none.
std::string Remembered(const Layout& layout) {
  auto text = ReadRegularFile(layout.dir + "/" + kRunPathName, kMaxConfigBytes);
  return text.ok() ? text->substr(0, text->find('\n')) : "";
}

absl::Status Remember(const Layout& layout, const std::string& path) {
  ASSIGN_OR_RETURN(Folder dir, Folder::Open(layout.dir));
  return dir.WriteFile(kRunPathName, path + "\n", nullptr);
}

// The user's own runtime folder is used if server and cluster run as one user.
std::string ShortBase(const OsUser& user) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && user.uid == geteuid() && IsPrivate(runtime, user) &&
      FitsSocket(std::string(runtime) + "/stateserver-XXXXXX")) {
    return runtime;
  }
  return "/tmp";
}

constexpr char kPrefix[] = "stateserver-";

absl::Status GivePrivate(const std::string& path, const OsUser& user) {
  ASSIGN_OR_RETURN(Folder folder, Folder::Open(path));
  return folder.Give(user, 0700);
}

absl::StatusOr<std::string> MakeElsewhere(const Layout& layout, const OsUser& user) {
  std::string path = ShortBase(user) + "/" + kPrefix + "XXXXXX";
  if (mkdtemp(path.data()) == nullptr) {
    return FileError("Cannot create a folder such as", path, errno);
  }
  RETURN_IF_ERROR(GivePrivate(path, user));
  RETURN_IF_ERROR(Remember(layout, path));
  return path;
}

// Creates the remembered folder again. It disappears when the machine restarts. Does nothing if the
// path is not one that MakeElsewhere chooses: another user may be able to edit run.path.
absl::Status MakeAgain(const fs::path& path, const OsUser& user) {
  bool chosen = path.parent_path() == ShortBase(user) &&
                path.filename().string().starts_with(kPrefix) && path.lexically_normal() == path;
  if (!chosen || mkdir(path.c_str(), 0700) != 0) return absl::OkStatus();
  return GivePrivate(path.string(), user);
}

absl::Status Held(int fd, const std::string& dir) {
  char buffer[32] = {};
  ssize_t count = pread(fd, buffer, sizeof buffer - 1, 0);
  std::string pid = count > 0 ? std::to_string(std::atol(buffer)) : "unknown";
  return Error(Reason::ARGUMENT_INVALID,
               "'" + dir + "' is in use by another stateserver (process " + pid + ")",
               "Connect to that server, stop it, or name another folder", {{"process", pid}});
}

absl::StatusOr<OsUser> UserById(uid_t uid) {
  std::vector<char> buffer(kBufferBytes);
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return NoSuchUser("The user id " + std::to_string(uid));
  return FromEntry(entry);
}

}  // namespace

absl::StatusOr<OsUser> UserByName(const std::string& name) {
  std::vector<char> buffer(kBufferBytes);
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return NoSuchUser("The user '" + name + "'");
  return FromEntry(entry);
}

absl::StatusOr<OsUser> CurrentUser() { return UserById(geteuid()); }

absl::StatusOr<OsUser> ClusterUser(const std::string& data) {
  struct stat info {};
  bool exists = lstat(data.c_str(), &info) == 0;
  if (geteuid() != 0) {
    if (exists && info.st_uid != geteuid()) {
      auto owner = UserById(info.st_uid);
      std::string name = owner.ok() ? owner->name : std::to_string(info.st_uid);
      return Error(Reason::ARGUMENT_INVALID, "'" + data + "' belongs to the user '" + name + "'",
                   "Start the server as that user or as root");
    }
    return CurrentUser();
  }
  if (exists && info.st_uid != 0) return UserById(info.st_uid);
  auto postgres = UserByName("postgres");
  return postgres.ok() ? postgres : UserByName("nobody");
}

absl::Status FileError(const std::string& what, const std::string& path, int error) {
  return Error(error == ENOSPC ? Reason::DATABASE_FULL : Reason::ARGUMENT_INVALID,
               what + " '" + path + "': " + std::strerror(error),
               "Name a folder that the server's user may write to, on a disk that is not full");
}

absl::StatusOr<Layout> LayoutOf(const std::string& dir) {
  Layout layout;
  ASSIGN_OR_RETURN(layout.dir, ResolvePath(dir));
  while (layout.dir.size() > 1 && layout.dir.ends_with('/')) layout.dir.pop_back();
  const std::string data = layout.data();
  std::error_code ignored;
  if (!fs::is_symlink(data, ignored)) return layout;
  ASSIGN_OR_RETURN(layout.linked_data, ResolvePath(data));
  if (fs::is_directory(layout.linked_data, ignored)) return layout;
  return Error(Reason::ARGUMENT_INVALID,
               "'" + data + "' is a link to '" + layout.linked_data + "', which is not a folder",
               "Mount the disk that holds the cluster, or remove the link to create a new cluster",
               {{"path", data}});
}

absl::Status PrepareDir(const Layout& layout, const OsUser& user) {
  if (fs::exists(layout.dir + "/PG_VERSION")) {
    return Error(Reason::ARGUMENT_INVALID,
                 "'" + layout.dir + "' is itself a PostgreSQL data folder",
                 "Name another folder; the embedded cluster is created in its folder 'data'");
  }
  // Other users need to pass, regardless of the umask.
  RETURN_IF_ERROR(Folder::OpenOrCreate(layout.dir, 0711).status());
  RETURN_IF_ERROR(CheckWay(layout.dir, user));
  return layout.linked_data.empty() ? absl::OkStatus() : CheckWay(layout.linked_data, user);
}

std::string SocketDir(const Layout& layout) {
  return FitsSocket(layout.run()) ? layout.run() : Remembered(layout);
}

absl::StatusOr<std::string> PrepareSocketDir(const Layout& layout, const OsUser& user) {
  if (FitsSocket(layout.run())) {
    ASSIGN_OR_RETURN(Folder run, Folder::OpenOrCreate(layout.run(), 0700));
    RETURN_IF_ERROR(run.Give(user, 0700));
    return layout.run();
  }
  std::string path = Remembered(layout);
  RETURN_IF_ERROR(MakeAgain(path, user));
  if (!path.empty() && IsPrivate(path, user)) return path;
  return MakeElsewhere(layout, user);
}

absl::StatusOr<FileDescriptor> LockDir(const Layout& layout) {
  const std::string path = layout.dir + "/" + kLockName;
  ASSIGN_OR_RETURN(Folder dir, Folder::Open(layout.dir));
  ASSIGN_OR_RETURN(FileDescriptor file, dir.OpenFile(kLockName, O_RDWR | O_CREAT));
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return Held(file.get(), layout.dir);
  std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return Error(errno == ENOSPC ? Reason::DATABASE_FULL : Reason::INTERNAL,
                 "Cannot write '" + path + "': " + std::strerror(errno));
  }
  return file;
}

}  // namespace stateserver::postgres::embedded
