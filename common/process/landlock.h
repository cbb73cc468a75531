// SPDX-License-Identifier: Apache-2.0
//
// Restriction of a child process to files of a view with Landlock, which needs neither privileges
// nor namespaces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/process/confinement.h"

namespace stateserver {

// LandlockPlan is prepared before fork. MakeRules and Enforce make only system calls.
class LandlockPlan {
 public:
  explicit LandlockPlan(const SandboxView& view);

  // Returns the version of the kernel's interface; 0 if Landlock is not available.
  static int Version();

  // Opens the files of the view, as the user that the process is now. Returns a descriptor for
  // Enforce, or -1 with errno set.
  int MakeRules() const;
  // Restricts the calling process for good, after DropPrivileges: it can read and execute the
  // files of the view, write only to /dev/null, and trace no other process. Where the kernel
  // supports it, it cannot connect to TCP ports and abstract sockets, nor signal other processes.
  // Returns false with errno set.
  static bool Enforce(int rules);

 private:
  struct Rule {
    std::string path;
    uint64_t access;
  };

  // Adds the folder, or, if it contains hidden paths, what is in it except for them.
  void AddFolder(const std::string& folder, const std::vector<std::string>& hidden);

  int version_;
  std::vector<Rule> rules_;
};

}  // namespace stateserver
