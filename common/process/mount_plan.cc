// SPDX-License-Identifier: Apache-2.0

#include "common/process/mount_plan.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>

#include "common/text.h"

namespace stateserver {
namespace {

// Where the old root is while the new one is filled.
constexpr char kHost[] = "/.host";
// A file without content that nobody may open. It is mounted over hidden files.
constexpr char kNothing[] = "/.nothing";
// A folder that exists everywhere. It is the mount point of the new root only until pivot_root.
constexpr char kBase[] = "/usr";
constexpr char kHostBelowBase[] = "/usr/.host";

// mount_setattr, which Debian 12's C library does not declare together with <sys/mount.h>.
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
constexpr unsigned kRecursive = 0x8000;  // AT_RECURSIVE
constexpr uint64_t kReadOnly = 1, kNoSetuid = 2, kNoDevices = 4, kNoExecution = 8;
struct MountAttributes {
  uint64_t set, clear, propagation, user_namespace;
};

bool Restrict(const char* target, uint64_t flags, unsigned how = kRecursive) {
  MountAttributes attributes{flags, 0, 0, 0};
  return syscall(SYS_mount_setattr, AT_FDCWD, target, how, &attributes, sizeof attributes) == 0;
}

bool MakeEmptyFile(const char* path, mode_t mode) {
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0) return false;
  close(fd);
  return true;
}

bool MountMemory(const char* target, const char* options) {
  return mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) == 0;
}

bool BindFromHost(const std::string& source, const std::string& target, uint64_t flags) {
  return mount(source.c_str(), target.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
         Restrict(target.c_str(), flags);
}

// Mounts what the child may write to, and its own processes. The view may contain files below.
bool MountPrivateFolders() {
  if (mkdir("/tmp", 01777) != 0 || !MountMemory("/tmp", "mode=1777,size=64m")) return false;
  if (mkdir("/dev", 0755) != 0) return false;
  if (mkdir("/dev/shm", 01777) != 0 || !MountMemory("/dev/shm", "mode=1777,size=64m")) return false;
  if (mkdir("/proc", 0555) != 0) return false;
  // Optional: containers often forbid it. The dynamic linker needs it for paths relative to the
  // program, but most interpreters have none.
  (void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid,hidepid=2");
  return true;
}

}  // namespace

MountPlan::MountPlan(const SandboxView& view) {
  AddSystemLinks();
  for (const VisiblePath& path : VisiblePaths(view)) AddPath(path);
  AddDevices();
  AddHidden(HiddenPaths(view));
}

void MountPlan::AddSystemLinks() {
  for (const std::string& path : SystemPaths()) {
    std::error_code error;
    bool top = path.find('/', 1) == std::string::npos;
    if (!top || !std::filesystem::is_symlink(path, error)) continue;
    std::string to = std::filesystem::read_symlink(path, error).string();
    steps_.push_back({Step::Kind::kMakeLink, path, to});
    links_.emplace_back(path, to.starts_with('/') ? to : Cat("/", to));
  }
}

std::string MountPlan::Resolve(const std::string& path) const {
  for (const auto& [link, to] : links_) {
    if (IsBelow(path, link)) return to + path.substr(link.size());
  }
  return path;
}

bool MountPlan::IsCovered(const std::string& path) const {
  return std::any_of(bound_.begin(), bound_.end(),
                     [&](const VisiblePath& bound) { return IsBelow(path, bound.path); });
}

void MountPlan::AddParents(const std::string& path) {
  for (size_t end = path.find('/', 1); end != path.npos; end = path.find('/', end + 1)) {
    std::string folder = path.substr(0, end);
    if (std::find(made_.begin(), made_.end(), folder) != made_.end()) continue;
    steps_.push_back({Step::Kind::kMakeFolder, folder, ""});
    made_.push_back(folder);
  }
}

void MountPlan::AddPath(const VisiblePath& path) {
  VisiblePath bound = path;
  bound.path = Resolve(path.path);
  if (IsCovered(bound.path)) return;
  AddParents(bound.path);
  steps_.push_back(
      {bound.folder ? Step::Kind::kMakeFolder : Step::Kind::kMakeFile, bound.path, ""});
  steps_.push_back({Step::Kind::kBind, bound.path, kHost + bound.real});
  made_.push_back(bound.path);
  bound_.push_back(std::move(bound));
}

void MountPlan::AddDevices() {
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    if (access(device, F_OK) != 0) continue;
    steps_.push_back({Step::Kind::kMakeFile, device, ""});
    steps_.push_back({Step::Kind::kBindDevice, device, Cat(kHost, device)});
  }
}

void MountPlan::AddHidden(const std::vector<std::string>& hidden) {
  for (const std::string& real : hidden) {
    const auto kind =
        std::filesystem::is_directory(real) ? Step::Kind::kHideFolder : Step::Kind::kHideFile;
    for (const VisiblePath& bound : bound_) {
      if (!IsBelow(real, bound.real)) continue;
      steps_.push_back({kind, bound.path + real.substr(bound.real.size()), ""});
    }
  }
}

bool MountPlan::Make(const Step& step) const {
  const char* target = step.target.c_str();
  switch (step.kind) {
    case Step::Kind::kMakeFolder:
      return mkdir(target, 0755) == 0 || errno == EEXIST;
    case Step::Kind::kMakeFile:
      return MakeEmptyFile(target, 0444);
    case Step::Kind::kMakeLink:
      return symlink(step.source.c_str(), target) == 0;
    case Step::Kind::kBind:
      return BindFromHost(step.source, step.target, kReadOnly | kNoSetuid | kNoDevices);
    case Step::Kind::kBindDevice:
      return BindFromHost(step.source, step.target, kReadOnly | kNoSetuid | kNoExecution);
    case Step::Kind::kHideFolder:
      return MountMemory(target, "mode=0,size=4k");
    case Step::Kind::kHideFile:
      return mount(kNothing, target, nullptr, MS_BIND, nullptr) == 0;
  }
  return false;
}

const char* MountPlan::Enter() const {
  const mode_t before = umask(0);
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "private mounts";
  if (mount("tmpfs", kBase, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4m") != 0) {
    return "mount of a root folder";
  }
  if (mkdir(kHostBelowBase, 0700) != 0) return "a folder in the root folder";
  if (syscall(SYS_pivot_root, kBase, kHostBelowBase) != 0) return "pivot_root";
  if (chdir("/") != 0 || !MakeEmptyFile(kNothing, 0)) return "the root folder";
  if (!MountPrivateFolders()) return "mount of private folders";
  for (const Step& step : steps_) {
    if (!Make(step)) return step.target.c_str();
  }
  if (umount2(kHost, MNT_DETACH) != 0 || rmdir(kHost) != 0) return "umount of the old root folder";
  if (!Restrict("/", kReadOnly | kNoSetuid | kNoDevices, 0)) return "read-only root folder";
  umask(before);
  return nullptr;
}

}  // namespace stateserver
