// SPDX-License-Identifier: Apache-2.0

#include "client/folder_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "client/cli/output/screen.h"
#include "client/errors.h"
#include "client/statefile/fd.h"
#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"

namespace stateserver::client {
namespace {

constexpr size_t kMostNameBytes = 255;

bool IsPlain(std::string_view name) {
  if (name.empty() || name.size() > kMostNameBytes) return false;
  if (name.front() == '.' || name.front() == '-') return false;
  if (name.find_first_of("/\\") != name.npos) return false;
  // Printable() changes control characters, controls of direction, and what is not UTF-8.
  return Printable(name) == name;
}

class FolderFile {
 public:
  FolderFile(std::string folder, std::string name)
      : folder_(folder.empty() ? "." : std::move(folder)), name_(std::move(name)) {}
  ~FolderFile() {
    if (!temporary_.empty()) ::unlinkat(directory_.get(), temporary_.c_str(), 0);
  }
  FolderFile(const FolderFile&) = delete;
  FolderFile& operator=(const FolderFile&) = delete;

  absl::Status Write(std::string_view text, IfExists if_exists) {
    directory_ = Fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory_.valid()) return Failed(errno);
    struct stat info;
    bool exists = ::fstatat(directory_.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists && errno != ENOENT) return Failed(errno);
    if (exists && if_exists == IfExists::kFail) return Failed(EEXIST);
    bool file = exists && S_ISREG(info.st_mode);
    if (file && ::faccessat(directory_.get(), name_.c_str(), W_OK, 0) != 0) return Failed(errno);

    std::string temporary = Cat(".stateclient-", NewHexId(), ".tmp");
    Fd fd(::openat(directory_.get(), temporary.c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!fd.valid()) return Failed(errno);
    temporary_ = std::move(temporary);
    if (file) ::fchmod(fd.get(), info.st_mode & 0777);
    RETURN_IF_ERROR(WriteText(fd.get(), text));
    if (::fsync(fd.get()) != 0) return Failed(errno);
    if (int error = fd.Close(); error != 0) return Failed(error);
    return Rename(if_exists);
  }

 private:
  absl::Status Failed(int error) const {
    return ClientError(ClientReason::OUTPUT_FAILED, Cat("Cannot write '", folder_, "/", name_,
                                                        "': ", std::strerror(error), "."));
  }

  absl::Status WriteText(int fd, std::string_view text) const {
    while (!text.empty()) {
      ssize_t written = ::write(fd, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return Failed(errno);
      text.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::Status Rename(IfExists if_exists) {
    int at = directory_.get();
    unsigned flags = if_exists == IfExists::kFail ? RENAME_NOREPLACE : 0;
    int result = ::renameat2(at, temporary_.c_str(), at, name_.c_str(), flags);
    // Some file systems know no flags; Write() has looked for an existing file.
    bool unknown = result != 0 && flags != 0 && (errno == EINVAL || errno == ENOSYS);
    if (unknown) result = ::renameat(at, temporary_.c_str(), at, name_.c_str());
    if (result != 0) return Failed(errno);
    temporary_.clear();
    // The file is in place already; some file systems cannot sync a folder.
    ::fsync(at);
    return absl::OkStatus();
  }

  const std::string folder_;
  const std::string name_;
  Fd directory_;
  std::string temporary_;
};

}  // namespace

absl::Status CheckFileName(std::string_view name, std::string_view suffix) {
  bool good = IsPlain(name) && name.ends_with(suffix) && name.size() > suffix.size();
  if (good) return absl::OkStatus();
  return ClientError(
      ClientReason::ANSWER_INVALID,
      Cat("The server named a file '", name.substr(0, kMostNameBytes),
          "', which is not a plain name that ends with '", suffix, "'. Nothing was written."),
      "Do not trust this server until you know why it chose this name.");
}

absl::Status WriteFolderFile(const std::string& folder, const std::string& name,
                             std::string_view text, IfExists if_exists) {
  return FolderFile(folder, name).Write(text, if_exists);
}

}  // namespace stateserver::client
