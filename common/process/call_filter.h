// SPDX-License-Identifier: Apache-2.0
//
// A filter of system calls (seccomp) for confined children.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <vector>

namespace stateserver {

// CallFilter is prepared before fork. Install makes only system calls.
class CallFilter {
 public:
  enum class Signals { kAll, kOwnOnly };

  // Denies what Landlock does not cover and a worker does not need: sockets of every family (a
  // connected pair of stream sockets stays possible), io_uring, access to other processes'
  // memory, shared memory and queues of System V, keys, new namespaces and mounts. With kOwnOnly
  // also signals to other processes. The filter is empty on processors that it does not know.
  explicit CallFilter(Signals signals);

  // Installs the filter for the calling process and its children, for good; after DropPrivileges.
  // Returns false with errno set.
  bool Install();

 private:
  void Add(unsigned short code, unsigned value, size_t if_true = 0, size_t if_false = 0);
  void Deny(int call, int error);
  void DenyAll(const std::vector<int>& calls, int error);
  void AllowOnlyStreamPairs();
  void AllowOnlyOwnProcess(int call);
  void DenyNamespaces();

  std::vector<sock_filter> program_;
  // Places of the own process id in the program, which is known only in the child.
  std::vector<size_t> own_process_;
};

}  // namespace stateserver
