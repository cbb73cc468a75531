// SPDX-License-Identifier: Apache-2.0
//
// The files that a confined child process can access, and the kernel's mechanisms that enforce
// this. docs/workers.md describes the result; Spawn applies it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace stateserver {

// Confinement is the mechanism that restricts a child, from the weakest to the strongest.
enum class Confinement {
  // The child sees the files of its user, and other processes of that user.
  kNone,
  // The child sees only the files of its view, and it can neither create sockets nor signal other
  // processes.
  kLandlock,
  // The child has a root folder, a process table and a network of its own, which contain only the
  // files of its view, its own processes and nothing.
  kNamespaces,
};

// Returns "none", "landlock" or "namespaces".
std::string_view ConfinementName(Confinement how);

// SandboxView lists what a confined child may use. All paths are absolute.
struct SandboxView {
  // Files and folders that the child may read and execute, in addition to those of SystemPaths.
  // Missing ones, "/", and folders of the kernel such as /proc are ignored.
  std::vector<std::string> readable;
  // Files and folders that stay hidden even if they are below a readable folder.
  std::vector<std::string> hidden;
  // The user and group id of the child inside a user namespace.
  uid_t id = 65520;
};

// VisiblePath is one file or folder that a child may read.
struct VisiblePath {
  std::string path;
  // `path` without symbolic links.
  std::string real;
  bool folder = false;
};

// Returns the existing paths of the view in the order of their names: system paths and readable
// ones, without those that are hidden themselves.
std::vector<VisiblePath> VisiblePaths(const SandboxView& view);

// Returns the existing hidden paths, without symbolic links.
std::vector<std::string> HiddenPaths(const SandboxView& view);

// Returns true if every user of the machine can read the files of the view: neither they nor the
// folders that lead to them belong to one user alone, as those below /root do.
bool EverybodyCanRead(const SandboxView& view);

// Returns what every program needs: /usr, the folders of libraries, the caches of the dynamic
// linker and the time zone. /etc as a whole is not among them.
const std::vector<std::string>& SystemPaths();

// Returns true if `path` is `folder` or below it.
bool IsBelow(std::string_view path, std::string_view folder);

// Takes all capabilities and the possibility to gain new ones from the calling process. Makes only
// system calls. Returns false with errno set.
bool DropPrivileges();

}  // namespace stateserver
