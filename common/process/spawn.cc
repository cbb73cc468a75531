// SPDX-License-Identifier: Apache-2.0

#include "common/process/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/error.h"
#include "common/failpoint.h"
#include "common/process/call_filter.h"
#include "common/process/file_descriptor.h"
#include "common/process/landlock.h"
#include "common/process/mount_plan.h"
#include "common/text.h"

namespace stateserver {
namespace {

constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
constexpr int kSignals = 65;
constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC;

// Report is what the child sends before exec.
struct Report {
  enum Kind : int {
    kNetwork,  // the network was not isolated
    kRefused,  // the kernel does not offer the confinement; `step` is what it refused
    kFailed,   // exec, or what precedes it, failed
    kChild,    // `value` is the process that calls exec
  } kind;
  int value;  // otherwise an errno
  char step[64];
};

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> out;
  for (std::string& text : *texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Child holds everything that the child needs. Its functions run between fork and exec in a process
// that had other threads, except for the constructor: they make only system calls and allocate no
// memory.
class Child {
 public:
  Child(const SpawnOptions& options, std::string program, Confinement how)
      : options_(options),
        how_(how),
        program_(std::move(program)),
        argv_texts_(options.command),
        environment_texts_(options.environment),
        argv_(Pointers(&argv_texts_)),
        environment_(Pointers(&environment_texts_)),
        uid_map_(Cat(IdInside(geteuid()), " ", geteuid(), " 1\n")),
        gid_map_(Cat(IdInside(getegid()), " ", getegid(), " 1\n")),
        parent_(getpid()),
        filter_(how == Confinement::kNamespaces ? CallFilter::Signals::kAll
                                                : CallFilter::Signals::kOwnOnly) {
    if (how_ == Confinement::kNamespaces) mounts_.emplace(*options.sandbox);
    if (how_ == Confinement::kLandlock) landlock_.emplace(*options.sandbox);
  }

  // Never returns. `reports` is a pipe to the parent.
  [[noreturn]] void Go(int input, int output, int errors, const Pipe& reports) {
    reports_ = reports.write.get();
    close(reports.read.get());  // from here on, only the parent reads
    if (how_ == Confinement::kNamespaces) EnterNamespaces();
    setsid();
    if (options_.private_files) umask(077);
    Require(Redirect(input, output, errors) && Limit());
    if (how_ == Confinement::kNamespaces) {
      const char* refused = mounts_->Enter();
      if (refused != nullptr) Refuse(refused);
    }
    Require(options_.folder.empty() || chdir(options_.folder.c_str()) == 0);
    if (how_ != Confinement::kNamespaces && without_network() && !LeaveNetwork()) {
      network_error_ = errno;
    }
    const int rules = how_ == Confinement::kLandlock ? landlock_->MakeRules() : -1;
    if (how_ == Confinement::kLandlock && rules < 0) Refuse("Landlock");
    // After leaving the network, because root needs no user namespace for that.
    if (!has_user_namespace_ && options_.user && !KeepsUser() && !BecomeUser(*options_.user)) {
      StayRoot();
    }
    if (options_.sandbox != nullptr) Restrict(rules);
    if (network_error_ != 0) Tell(Report::kNetwork, network_error_, "");
    Require(RequestDeathSignal());
    CloseTheRestOnExec();
    ResetSignals();
    execve(program_.c_str(), argv_.data(), environment_.data());
    Require(false);
    _exit(127);
  }

 private:
  bool without_network() const { return options_.without_network || options_.sandbox != nullptr; }

  // Root keeps its id in a user namespace that only isolates the network.
  unsigned IdInside(unsigned id) const {
    return how_ == Confinement::kNamespaces ? options_.sandbox->id : id;
  }

  // A namespace shows the child its files below folders of their own, which everybody may enter.
  bool KeepsUser() const { return options_.keeps_user && how_ != Confinement::kNamespaces; }

  void Tell(Report::Kind kind, int value, const char* step) const {
    Report report{kind, value, ""};
    strncpy(report.step, step, sizeof report.step - 1);
    (void)!write(reports_, &report, sizeof report);
  }

  void Require(bool done) const {
    if (done) return;
    Tell(Report::kFailed, errno, "");
    _exit(127);
  }

  [[noreturn]] void Refuse(const char* step) const {
    Tell(Report::kRefused, errno, step);
    _exit(127);
  }

  // Root without the capability to become another user, as in some containers.
  void StayRoot() const {
    Require(options_.sandbox != nullptr);
    if (how_ == Confinement::kNamespaces) Refuse("another user");
  }

  static bool Redirect(int input, int output, int errors) {
    return dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
           dup2(errors, STDERR_FILENO) >= 0;
  }

  bool Limit() const {
    rlimit no_core{0, 0};
    if (options_.without_core) setrlimit(RLIMIT_CORE, &no_core);
    if (options_.memory_bytes <= 0) return true;
    rlimit memory{static_cast<rlim_t>(options_.memory_bytes),
                  static_cast<rlim_t>(options_.memory_bytes)};
    return setrlimit(RLIMIT_AS, &memory) == 0;
  }

  // A process enters a PID namespace only by being born in it: continues in a child of the same
  // parent, whose id the parent gets, and ends the calling process.
  void EnterNamespaces() {
    // Root needs no user namespace where it has its capabilities, and becomes another user.
    if (geteuid() != 0 || unshare(kNamespaces) != 0) {
      if (unshare(CLONE_NEWUSER | kNamespaces) != 0) Refuse("unshare");
      has_user_namespace_ = true;
      if (!MapIds()) Refuse("the map of user ids");
    }
    long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) return;
    if (pid < 0) Refuse("a process in a PID namespace");
    Tell(Report::kChild, static_cast<int>(pid), "");
    _exit(0);
  }

  // Runs directly as root, otherwise inside a user namespace that keeps this user's identity.
  bool LeaveNetwork() const {
    if (unshare(CLONE_NEWNET) == 0) return true;
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && (MapIds() || true);
  }

  // The files belong to root while the process is not dumpable. It is so only until they are open,
  // because its memory is a copy of the server's.
  bool MapIds() const {
    const int before = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    const int groups = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    const int gids = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
    const int uids = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    if (before == 0) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)!write(groups, "deny", 4);
    (void)!write(gids, gid_map_.data(), gid_map_.size());
    const bool mapped = write(uids, uid_map_.data(), uid_map_.size()) > 0;
    for (int fd : {groups, gids, uids}) {
      if (fd >= 0) close(fd);
    }
    return mapped;
  }

  // Without Landlock, the filter is all that keeps a child from sockets; in namespaces it is a
  // second line of defence. Where the child is not confined, all of it is done as far as possible.
  void Restrict(int rules) {
    const bool dropped = DropPrivileges();
    const bool must = how_ == Confinement::kLandlock;
    if (!dropped && how_ != Confinement::kNone) Refuse("capabilities");
    if (must && !LandlockPlan::Enforce(rules)) Refuse("Landlock");
    const bool filtered = filter_.Install();
    if (!filtered && must) Refuse("seccomp");
    if (filtered) network_error_ = 0;
  }

  // Must run after LeaveNetwork and BecomeUser, which clear the setting. Returns false if the
  // parent has already ended: in a PID namespace it is not visible, but it is the only reader of
  // the reports.
  bool RequestDeathSignal() const {
    if (options_.death_signal == 0) return true;
    if (prctl(PR_SET_PDEATHSIG, options_.death_signal) != 0) return false;
    if (how_ != Confinement::kNamespaces) return getppid() == parent_;
    pollfd pipe{reports_, 0, 0};
    return poll(&pipe, 1, 0) == 0;
  }

  static void CloseTheRestOnExec() {
    if (syscall(SYS_close_range, 3U, ~0U, kCloseOnExec) == 0) return;
    for (int fd = 3; fd < 4096; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }

  static void ResetSignals() {
    for (int number = 1; number < kSignals; ++number) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  const SpawnOptions& options_;
  const Confinement how_;
  const std::string program_;
  std::vector<std::string> argv_texts_;
  std::vector<std::string> environment_texts_;
  std::vector<char*> argv_;
  std::vector<char*> environment_;
  const std::string uid_map_;
  const std::string gid_map_;
  const pid_t parent_;
  CallFilter filter_;
  std::optional<MountPlan> mounts_;
  std::optional<LandlockPlan> landlock_;
  int reports_ = -1;
  int network_error_ = 0;
  bool has_user_namespace_ = false;
};

std::string_view PathOf(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
  }
  return "/usr/local/bin:/usr/bin:/bin";
}

absl::Status CannotRun(const SpawnOptions& options, const std::string& program,
                       std::string_view why) {
  std::string as = options.user ? Cat(" as the user '", options.user->name, "'") : "";
  return Error(Reason::INTERNAL, Cat("'", program, "'", as, ": ", why));
}

void Reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Attempt is the outcome of one try with one mechanism.
struct Attempt {
  pid_t pid = 0;
  int network_error = 0;
  int failed = 0;       // an errno, if the program could not be executed
  std::string refused;  // what the kernel refused; empty if nothing
};

// Reads until exec, or the end of the child, closes the pipe. Reaps a child that has failed.
Attempt ReadReports(int fd, pid_t first) {
  Attempt attempt;
  attempt.pid = first;
  for (Report report{};;) {
    ssize_t count = read(fd, &report, sizeof report);
    if (count < 0 && errno == EINTR) continue;
    if (count != static_cast<ssize_t>(sizeof report)) break;
    if (report.kind == Report::kNetwork) attempt.network_error = report.value;
    if (report.kind == Report::kFailed) attempt.failed = report.value;
    if (report.kind == Report::kChild) attempt.pid = report.value;
    if (report.kind == Report::kRefused) {
      attempt.refused = Cat(report.step, ": ", std::strerror(report.value));
    }
  }
  if (attempt.pid != first) Reap(first);
  if (attempt.failed != 0 || !attempt.refused.empty()) Reap(attempt.pid);
  return attempt;
}

struct Streams {
  int input, output, errors;
};

absl::StatusOr<Attempt> Try(const SpawnOptions& options, const std::string& program,
                            Confinement how, const Streams& streams) {
  absl::StatusOr<Pipe> reports = MakePipe();
  if (!reports.ok()) return CannotRun(options, program, MessageOf(reports.status()));
  Child child(options, program, how);
  pid_t pid = fork();
  if (pid == 0) child.Go(streams.input, streams.output, streams.errors, *reports);
  if (pid < 0) return CannotRun(options, program, std::strerror(errno));
  reports->write.Close();
  Attempt attempt = ReadReports(reports->read.get(), pid);
  if (attempt.failed != 0) return CannotRun(options, program, std::strerror(attempt.failed));
  return attempt;
}

}  // namespace

absl::StatusOr<Spawned> Spawn(const SpawnOptions& options, int input, int output, int errors) {
  std::string program = FindProgram(options.command[0], PathOf(options.environment));
  if (program.empty()) return CannotRun(options, options.command[0], std::strerror(ENOENT));
  const std::vector<Confinement> unconfined = {Confinement::kNone};
  std::string refused;
  for (Confinement how : options.sandbox == nullptr ? unconfined : options.mechanisms) {
    const std::string name(ConfinementName(how));
    Attempt attempt;
    if (how != Confinement::kNone && !failpoint::Hit("confinement." + name).ok()) {
      attempt.refused = "a failpoint";
    } else {
      ASSIGN_OR_RETURN(attempt, Try(options, program, how, {input, output, errors}));
    }
    if (attempt.refused.empty()) return Spawned{attempt.pid, attempt.network_error, how, refused};
    AppendTo(&refused, refused.empty() ? "" : "; ", name, ": ", attempt.refused);
  }
  return CannotRun(options, program, refused);
}

bool BecomeUser(const OsUser& user) {
  if (geteuid() == user.uid) return true;
  // Raw system calls, because the C library's versions take locks.
  return syscall(SYS_setgroups, user.groups.size(), user.groups.data()) == 0 &&
         syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
         syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

std::string FindProgram(const std::string& program, std::string_view path) {
  auto runs = [](const std::string& file) {
    struct stat about {};
    return stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
           access(file.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) return runs(program) ? program : "";
  while (!path.empty() && !program.empty()) {
    size_t end = path.find(':');
    std::string_view folder = path.substr(0, end);
    path = end == std::string_view::npos ? "" : path.substr(end + 1);
    std::string file = Cat(folder, folder.empty() ? "./" : "/", program);
    if (runs(file)) return file;
  }
  return "";
}

std::string CommandText(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace stateserver
