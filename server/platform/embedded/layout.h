// SPDX-License-Identifier: Apache-2.0
//
// The paths of one embedded cluster, and the operating system user that runs it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/file_descriptor.h"
#include "common/process/spawn.h"

namespace stateserver::postgres::embedded {

// Returns the user. Returns ARGUMENT_INVALID if the user has no entry in the user database.
absl::StatusOr<OsUser> UserByName(const std::string& name);

// Returns the user that this process runs as.
absl::StatusOr<OsUser> CurrentUser();

// Returns the user that runs the cluster in `data`: the current user or, for root, the owner of
// `data`, or "postgres", or "nobody". Returns ARGUMENT_INVALID if the data belong to a user that
// this process cannot switch to.
absl::StatusOr<OsUser> ClusterUser(const std::string& data);

inline constexpr char kRole[] = "stateserver";
inline constexpr char kDatabase[] = "state";
inline constexpr char kPort[] = "5432";
inline constexpr char kSocketName[] = ".s.PGSQL.5432";
inline constexpr char kDataName[] = "data";
// Folder in which initdb works before `data` exists.
inline constexpr char kMakingName[] = "data.tmp";
inline constexpr char kLogName[] = "postgres.log";
inline constexpr char kLockName[] = "stateserver.lock";
// File that holds the path of the socket's folder if that is not DIR/run.
inline constexpr char kRunPathName[] = "run.path";
// Maximum length of a socket's whole path, in bytes, without the final NUL.
inline constexpr size_t kMaxSocketPath = 107;

struct Layout {
  std::string dir;
  // The folder to which DIR/data leads, if that is a link.
  std::string linked_data;

  std::string data() const { return linked_data.empty() ? dir + "/" + kDataName : linked_data; }
  std::string data_in_making() const { return dir + "/" + kMakingName; }
  std::string log_dir() const { return dir + "/log"; }
  std::string log() const { return log_dir() + "/" + kLogName; }
  // Folder of the socket, if its path is short enough.
  std::string run() const { return dir + "/run"; }
};

// Returns the error for a failed system call on a file, with the text of `error` (an errno):
// DATABASE_FULL for ENOSPC, otherwise ARGUMENT_INVALID. `what` precedes the path.
absl::Status FileError(const std::string& what, const std::string& path, int error);

// Returns the layout of `dir` made absolute, with links resolved as far as the path exists. DIR and
// DIR/data may be links that ResolvePath follows. Returns ARGUMENT_INVALID for other links, and if
// DIR/data is a link to a folder that does not exist, such as a disk that is not mounted.
absl::StatusOr<Layout> LayoutOf(const std::string& dir);

// Creates `dir` (0711) and its parent folders. Returns ARGUMENT_INVALID if that fails, if `dir` is
// itself a PostgreSQL data folder, or if `user` cannot enter it or the folder to which DIR/data
// leads; the message names the folder and the fix.
absl::Status PrepareDir(const Layout& layout, const OsUser& user);

// Returns the folder of the socket, which exists and is open (0700) only to `user` and root: `run`,
// or a short path elsewhere that is stored in run.path.
absl::StatusOr<std::string> PrepareSocketDir(const Layout& layout, const OsUser& user);
// Returns the same path without creating anything.
std::string SocketDir(const Layout& layout);

// Holds the lock file until the descriptor is closed or the process ends, and writes this process's
// id into it. Returns ARGUMENT_INVALID with the id of the process that holds the lock.
absl::StatusOr<FileDescriptor> LockDir(const Layout& layout);

}  // namespace stateserver::postgres::embedded
