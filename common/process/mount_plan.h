// SPDX-License-Identifier: Apache-2.0
//
// The root folder of a child process in a mount namespace of its own.
#pragma once

#include <string>
#include <vector>

#include "common/process/confinement.h"

namespace stateserver {

// MountPlan is prepared before fork. Enter makes only system calls.
class MountPlan {
 public:
  explicit MountPlan(const SandboxView& view);

  // Replaces the root folder of the calling process, which must have a mount namespace of its own,
  // by a read-only one that contains the view, /dev/null and the like, an empty /tmp, and, if the
  // kernel allows it, a /proc that shows only the process's own PID namespace. Returns null, or the
  // name of the step that failed with errno set.
  const char* Enter() const;

 private:
  struct Step {
    enum class Kind {
      kMakeFolder,
      kMakeFile,
      kMakeLink,
      kBind,
      kBindDevice,
      kHideFolder,
      kHideFile
    };
    Kind kind;
    std::string target;
    // For kMakeLink the text of the link, for kBind and kBindDevice the path below kHost.
    std::string source;
  };

  void AddSystemLinks();
  void AddPath(const VisiblePath& path);
  void AddParents(const std::string& path);
  void AddDevices();
  void AddHidden(const std::vector<std::string>& hidden);
  // Follows the links made by AddSystemLinks: "/lib/x" is "/usr/lib/x".
  std::string Resolve(const std::string& path) const;
  bool IsCovered(const std::string& path) const;
  bool Make(const Step& step) const;

  std::vector<Step> steps_;
  std::vector<VisiblePath> bound_;
  std::vector<std::string> made_;
  std::vector<std::pair<std::string, std::string>> links_;
};

}  // namespace stateserver
