// SPDX-License-Identifier: Apache-2.0

#include "common/process/call_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace stateserver {
namespace {

#if defined(__x86_64__)
constexpr unsigned kProcessor = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kProcessor = AUDIT_ARCH_AARCH64;
#else
constexpr unsigned kProcessor = 0;
#endif

// Calls with this bit are those of the x32 interface, which has other numbers.
constexpr unsigned kX32Bit = 0x40000000;

constexpr unsigned short kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr unsigned short kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr unsigned short kIfAtLeast = BPF_JMP | BPF_JGE | BPF_K;
constexpr unsigned short kIfAnyBit = BPF_JMP | BPF_JSET | BPF_K;
constexpr unsigned short kMask = BPF_ALU | BPF_AND | BPF_K;
constexpr unsigned short kReturn = BPF_RET | BPF_K;

// Returns the place of the low half of an argument; both processors are little-endian.
constexpr unsigned Argument(unsigned number) {
  return offsetof(seccomp_data, args) + number * sizeof(__u64);
}

constexpr unsigned Failing(int error) {
  return SECCOMP_RET_ERRNO | (static_cast<unsigned>(error) & SECCOMP_RET_DATA);
}

}  // namespace

CallFilter::CallFilter(Signals signals) {
  if (kProcessor == 0) return;
  Add(kLoad, offsetof(seccomp_data, arch));
  Add(kIfEqual, kProcessor, 1, 0);
  Add(kReturn, Failing(EPERM));
  Add(kLoad, offsetof(seccomp_data, nr));
#if defined(__x86_64__)
  Add(kIfAtLeast, kX32Bit, 0, 1);
  Add(kReturn, Failing(EPERM));
#endif
  // The answer to clone3 makes the C library use clone, whose flags can be inspected.
  DenyAll({SYS_io_uring_setup, SYS_clone3}, ENOSYS);
  DenyAll({SYS_socket, SYS_connect, SYS_bind, SYS_listen}, EACCES);
  DenyAll({SYS_ptrace,
           SYS_process_vm_readv,
           SYS_process_vm_writev,
           SYS_pidfd_getfd,
           SYS_kcmp,
           SYS_shmget,
           SYS_shmat,
           SYS_semget,
           SYS_msgget,
           SYS_mq_open,
           SYS_add_key,
           SYS_request_key,
           SYS_keyctl,
           SYS_mount,
           SYS_umount2,
           SYS_pivot_root,
           SYS_setns,
           SYS_unshare,
           SYS_bpf,
           SYS_perf_event_open,
           SYS_userfaultfd},
          EPERM);
  AllowOnlyStreamPairs();
  DenyNamespaces();
  if (signals == Signals::kOwnOnly) {
    DenyAll({SYS_tkill, SYS_pidfd_send_signal}, EPERM);
    for (int call : {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo}) {
      AllowOnlyOwnProcess(call);
    }
  }
  Add(kReturn, SECCOMP_RET_ALLOW);
}

void CallFilter::Add(unsigned short code, unsigned value, size_t if_true, size_t if_false) {
  program_.push_back({code, static_cast<__u8>(if_true), static_cast<__u8>(if_false), value});
}

void CallFilter::Deny(int call, int error) {
  Add(kIfEqual, static_cast<unsigned>(call), 0, 1);
  Add(kReturn, Failing(error));
}

void CallFilter::DenyAll(const std::vector<int>& calls, int error) {
  for (int call : calls) Deny(call, error);
}

// A pair of datagram sockets could send to any socket in the file system.
void CallFilter::AllowOnlyStreamPairs() {
  Add(kIfEqual, SYS_socketpair, 0, 7);
  Add(kLoad, Argument(0));
  Add(kIfEqual, AF_UNIX, 0, 3);
  Add(kLoad, Argument(1));
  Add(kMask, 0xf);  // without SOCK_CLOEXEC and SOCK_NONBLOCK
  Add(kIfEqual, SOCK_STREAM, 1, 0);
  Add(kReturn, Failing(EACCES));
  Add(kReturn, SECCOMP_RET_ALLOW);
}

void CallFilter::DenyNamespaces() {
  Add(kIfEqual, SYS_clone, 0, 4);
  Add(kLoad, Argument(0));
  Add(kIfAnyBit,
      CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
          CLONE_NEWCGROUP,
      0, 1);
  Add(kReturn, Failing(EPERM));
  Add(kReturn, SECCOMP_RET_ALLOW);
}

// 0 is the own process group, which consists of the child and its children.
void CallFilter::AllowOnlyOwnProcess(int call) {
  Add(kIfEqual, static_cast<unsigned>(call), 0, 5);
  Add(kLoad, Argument(0));
  own_process_.push_back(program_.size());
  Add(kIfEqual, 0, 2, 0);
  Add(kIfEqual, 0, 1, 0);
  Add(kReturn, Failing(EPERM));
  Add(kReturn, SECCOMP_RET_ALLOW);
}

bool CallFilter::Install() {
  if (program_.empty()) {
    errno = ENOSYS;
    return false;
  }
  const auto own = static_cast<unsigned>(getpid());
  for (size_t place : own_process_) program_[place].k = own;
  sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace stateserver
