// SPDX-License-Identifier: Apache-2.0
//
// The paths of one embedded cluster.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/file_descriptor.h"

namespace stateserver::postgres::embedded {

// Users of the operating system, and which of them runs the cluster.

struct OsUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  // Supplementary groups, `gid` included.
  std::vector<gid_t> groups;
};

// ARGUMENT_INVALID when the user has no entry in the user database.
absl::StatusOr<OsUser> UserById(uid_t uid);
absl::StatusOr<OsUser> UserByName(const std::string& name);

// The user this process runs as.
absl::StatusOr<OsUser> CurrentUser();

// Who runs the cluster whose data are in `data`: the current user, but for root
// the owner of `data`, or "postgres", or "nobody". ARGUMENT_INVALID when the data
// belong to somebody this process cannot become.
absl::StatusOr<OsUser> ClusterUser(const std::string& data);

inline constexpr char kRole[] = "stateserver";
inline constexpr char kDatabase[] = "state";
inline constexpr char kPort[] = "5432";
inline constexpr char kSocketName[] = ".s.PGSQL.5432";
// A socket's whole path, in bytes, without the final NUL.
inline constexpr size_t kMaxSocketPath = 107;

struct Layout {
  std::string dir;

  std::string data() const { return dir + "/data"; }
  // Where initdb works before `data` is there.
  std::string data_in_making() const { return dir + "/data.tmp"; }
  std::string log_dir() const { return dir + "/log"; }
  std::string log() const { return log_dir() + "/postgres.log"; }
  std::string lock() const { return dir + "/stateserver.lock"; }
  // The socket's folder when its path is short enough.
  std::string run() const { return dir + "/run"; }
  // Holds the path of the socket's folder when that is elsewhere.
  std::string run_elsewhere() const { return dir + "/run.path"; }
};

// A failed system call on a file, as an error with the text of `error` (an errno):
// DATABASE_FULL for ENOSPC, else ARGUMENT_INVALID. `what` goes before the path.
absl::Status FileError(const std::string& what, const std::string& path, int error);

// `dir` made absolute, with links resolved as far as it exists.
Layout LayoutOf(const std::string& dir);

// Makes `dir` (0711) with the folders that lead to it. ARGUMENT_INVALID when that
// fails, when it is itself a PostgreSQL data folder, or when `user` cannot enter
// it: names the folder on the way and what to do.
absl::Status PrepareDir(const Layout& layout, const OsUser& user);

// The folder of the socket, there and open (0700) to `user` and root alone: `run`,
// or a short path elsewhere that is remembered in `run_elsewhere`.
absl::StatusOr<std::string> PrepareSocketDir(const Layout& layout, const OsUser& user);
// The same path without making anything.
std::string SocketDir(const Layout& layout);

// Takes the lock file at `path` until the descriptor is closed or the process
// ends, and writes this process's id into it. ARGUMENT_INVALID with the id of the
// process that holds it.
absl::StatusOr<FileDescriptor> LockDir(const std::string& path, const std::string& dir);

}  // namespace stateserver::postgres::embedded
