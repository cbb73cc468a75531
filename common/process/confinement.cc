// SPDX-License-Identifier: Apache-2.0

#include "common/process/confinement.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace stateserver {
namespace {

// Returns the path without symbolic links, or "" if it does not exist.
std::string RealPath(const std::string& path) {
  std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), std::free);
  return real == nullptr ? "" : real.get();
}

// Returns true for folders that show the whole machine, and for those of the kernel.
bool IsTooMuch(std::string_view path) {
  return path == "/" || path == "/dev" || IsBelow(path, "/proc") || IsBelow(path, "/sys");
}

std::string WithoutSlash(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

}  // namespace

std::string_view ConfinementName(Confinement how) {
  switch (how) {
    case Confinement::kNone:
      return "none";
    case Confinement::kLandlock:
      return "landlock";
    case Confinement::kNamespaces:
      return "namespaces";
  }
  return "none";
}

const std::vector<std::string>& SystemPaths() {
  static const auto* const kPaths = new std::vector<std::string>{"/usr",
                                                                 "/bin",
                                                                 "/sbin",
                                                                 "/lib",
                                                                 "/lib32",
                                                                 "/lib64",
                                                                 "/libx32",
                                                                 "/etc/ld.so.cache",
                                                                 "/etc/localtime",
                                                                 "/etc/timezone",
                                                                 "/etc/alternatives"};
  return *kPaths;
}

bool IsBelow(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) &&
         (path.size() == folder.size() || folder == "/" || path[folder.size()] == '/');
}

std::vector<std::string> HiddenPaths(const SandboxView& view) {
  std::vector<std::string> hidden;
  for (const std::string& path : view.hidden) {
    std::string real = RealPath(path);
    if (!real.empty() && real != "/") hidden.push_back(std::move(real));
  }
  return hidden;
}

std::vector<VisiblePath> VisiblePaths(const SandboxView& view) {
  const std::vector<std::string> hidden = HiddenPaths(view);
  std::vector<std::string> paths = SystemPaths();
  paths.insert(paths.end(), view.readable.begin(), view.readable.end());
  std::vector<VisiblePath> visible;
  for (const std::string& written : paths) {
    if (!written.starts_with('/')) continue;
    VisiblePath path{WithoutSlash(written), RealPath(written)};
    if (path.real.empty() || IsTooMuch(path.real) || IsTooMuch(path.path)) continue;
    if (std::find(hidden.begin(), hidden.end(), path.real) != hidden.end()) continue;
    path.folder = std::filesystem::is_directory(path.real);
    visible.push_back(std::move(path));
  }
  std::sort(visible.begin(), visible.end(),
            [](const VisiblePath& a, const VisiblePath& b) { return a.path < b.path; });
  return visible;
}

bool EverybodyCanRead(const SandboxView& view) {
  auto allows = [](const std::filesystem::path& path, mode_t mode) {
    struct stat about {};
    return stat(path.c_str(), &about) == 0 && (about.st_mode & mode) == mode;
  };
  auto can_enter = [&](std::filesystem::path path) {
    while (path.has_relative_path()) {
      path = path.parent_path();
      if (!allows(path, S_IXOTH)) return false;
    }
    return true;
  };
  for (const VisiblePath& path : VisiblePaths(view)) {
    if (!allows(path.real, path.folder ? S_IROTH | S_IXOTH : S_IROTH)) return false;
    if (!can_enter(path.real) || !can_enter(path.path)) return false;
  }
  return true;
}

bool DropPrivileges() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return syscall(SYS_capset, &header, none) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

}  // namespace stateserver
