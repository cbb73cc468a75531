// SPDX-License-Identifier: Apache-2.0

#include "common/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace stateserver {
namespace {

constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kReadFolder = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kReadWriteFile = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;

// The newest form of landlock_ruleset_attr; earlier kernels know only its first members.
struct Ruleset {
  uint64_t files, network, scopes;
};

// Returns all rights that the kernel knows, each of which is denied unless a rule grants it.
uint64_t FileRights(int version) {
  int bits = 13;
  if (version >= 2) bits = 14;  // REFER
  if (version >= 3) bits = 15;  // TRUNCATE
  if (version >= 5) bits = 16;  // IOCTL_DEV
  return (uint64_t{1} << bits) - 1;
}

size_t RulesetSize(int version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

}  // namespace

int LandlockPlan::Version() {
  long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

LandlockPlan::LandlockPlan(const SandboxView& view) : version_(Version()) {
  const std::vector<std::string> hidden = HiddenPaths(view);
  for (const VisiblePath& path : VisiblePaths(view)) {
    if (path.folder) {
      AddFolder(path.real, hidden);
    } else {
      rules_.push_back({path.real, kReadFile});
    }
  }
  rules_.push_back({"/dev/null", kReadWriteFile});
  for (const char* device : {"/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    rules_.push_back({device, LANDLOCK_ACCESS_FS_READ_FILE});
  }
}

void LandlockPlan::AddFolder(const std::string& folder, const std::vector<std::string>& hidden) {
  bool contains = std::any_of(hidden.begin(), hidden.end(),
                              [&](const std::string& path) { return IsBelow(path, folder); });
  if (!contains) {
    rules_.push_back({folder, kReadFolder});
    return;
  }
  if (std::find(hidden.begin(), hidden.end(), folder) != hidden.end()) return;
  // Rules apply to everything below a folder, so names can be listed there, but no content read.
  rules_.push_back({folder, LANDLOCK_ACCESS_FS_READ_DIR});
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string path = at->path().string();
    if (at->is_symlink(error)) continue;
    if (at->is_directory(error)) {
      AddFolder(path, hidden);
    } else if (std::find(hidden.begin(), hidden.end(), path) == hidden.end()) {
      rules_.push_back({path, kReadFile});
    }
  }
}

int LandlockPlan::MakeRules() const {
  if (version_ < 1) {
    errno = ENOSYS;
    return -1;
  }
  const uint64_t handled = FileRights(version_);
  // TCP ports: bind and connect. Scopes: abstract sockets and signals.
  Ruleset ruleset{handled, 3, 3};
  int rules =
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &ruleset, RulesetSize(version_), 0));
  if (rules < 0) return -1;
  for (const Rule& rule : rules_) {
    int file = open(rule.path.c_str(), O_PATH | O_CLOEXEC);
    if (file < 0) continue;
    landlock_path_beneath_attr beneath{rule.access & handled, file};
    long added = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(file);
    if (added != 0) return -1;
  }
  return rules;
}

bool LandlockPlan::Enforce(int rules) { return syscall(SYS_landlock_restrict_self, rules, 0) == 0; }

}  // namespace stateserver
