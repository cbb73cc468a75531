// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/os_user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

namespace stateserver::postgres::embedded {
namespace {

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

}  // namespace

absl::StatusOr<OsUser> UserById(uid_t uid) {
  std::vector<char> buffer(kBufferBytes);
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return NoSuchUser("the user id " + std::to_string(uid));
  return FromEntry(entry);
}

absl::StatusOr<OsUser> UserByName(const std::string& name) {
  std::vector<char> buffer(kBufferBytes);
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return NoSuchUser("the user " + name);
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
      return Error(Reason::ARGUMENT_INVALID, data + " belongs to the user " + name,
                   "start the server as that user or as root");
    }
    return CurrentUser();
  }
  if (exists && info.st_uid != 0) return UserById(info.st_uid);
  auto postgres = UserByName("postgres");
  return postgres.ok() ? postgres : UserByName("nobody");
}

}  // namespace stateserver::postgres::embedded
