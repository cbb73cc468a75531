// SPDX-License-Identifier: Apache-2.0
//
// Folders of the embedded cluster. The server may be root while other users may write to some of
// these folders, so every change is made through descriptors and never through a link that another
// user could have planted.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/process/file_descriptor.h"
#include "common/process/spawn.h"

namespace stateserver::postgres::embedded {

// Returns `path` made absolute and without links, as far as it exists. Follows a link only if
// nobody except root and this process's user can have made it: it belongs to one of the two, and
// its folder is not writable by group or others. Returns ARGUMENT_INVALID, naming the link,
// otherwise.
absl::StatusOr<std::string> ResolvePath(const std::string& path);

// Folder is an open folder. Names are single components of a path.
class Folder {
 public:
  // Opens the folder, following links as ResolvePath does.
  static absl::StatusOr<Folder> Open(const std::string& path);
  // Creates the folder and its missing parents with exactly the mode `mode`, regardless of the
  // umask, then opens it. The mode of an existing folder is unchanged.
  static absl::StatusOr<Folder> OpenOrCreate(const std::string& path, mode_t mode);

  // Returns the path without links.
  const std::string& path() const { return path_; }

  // Sets the folder's owner and mode.
  absl::Status Give(const OsUser& user, mode_t mode) const;
  // Sets the owner of the folder and of everything in it, except for what already belongs to
  // `user`; a link itself, not its target. Returns ARGUMENT_INVALID for a file with several names,
  // because one of them may be elsewhere.
  absl::Status GiveContents(const OsUser& user) const;

  // Opens a regular file, created with mode 0600 if `flags` contain O_CREAT. Refuses a link, a file
  // with several names, and anything else; never waits.
  absl::StatusOr<FileDescriptor> OpenFile(const std::string& name, int flags) const;
  // Replaces the file by a new one (0600) that belongs to `owner`, if set.
  absl::Status WriteFile(const std::string& name, const std::string& text,
                         const OsUser* owner) const;
  absl::Status Rename(const std::string& from, const std::string& to) const;
  absl::Status Sync() const;

 private:
  Folder(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  // Returns the path of a file in this folder, for messages.
  std::string At(const std::string& name) const { return path_ + "/" + name; }

  FileDescriptor fd_;  // opened with O_PATH: needs no right to read
  std::string path_;
};

}  // namespace stateserver::postgres::embedded
