// SPDX-License-Identifier: Apache-2.0

#include "common/process/spawn.h"

#include <fcntl.h>
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
#include "common/process/file_descriptor.h"
#include "common/text.h"

namespace stateserver {
namespace {

constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
constexpr int kSignals = 65;

// Report is what the child sends before exec, or the reason for which exec failed.
struct Report {
  enum Kind : int { kNetwork, kFailed } kind;
  int error;
};

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> out;
  for (std::string& text : *texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Child holds everything that the child needs. All functions marked "in the child" run between fork
// and exec in a process that had other threads: they make only system calls and allocate no memory.
class Child {
 public:
  Child(const SpawnOptions& options, std::string program)
      : options_(options),
        program_(std::move(program)),
        argv_texts_(options.command),
        environment_texts_(options.environment),
        argv_(Pointers(&argv_texts_)),
        environment_(Pointers(&environment_texts_)),
        uid_map_(Cat(geteuid(), " ", geteuid(), " 1\n")),
        gid_map_(Cat(getegid(), " ", getegid(), " 1\n")),
        parent_(getpid()) {}

  // Runs in the child. Never returns; failures are sent to `reports`.
  [[noreturn]] void Go(int input, int output, int errors, int reports) {
    setsid();
    if (options_.private_files) umask(077);
    bool ready = Redirect(input, output, errors) && Limit() &&
                 (options_.folder.empty() || chdir(options_.folder.c_str()) == 0);
    if (ready && options_.without_network && !LeaveNetwork()) {
      ReportFailure(reports, Report::kNetwork, errno);
    }
    // After leaving the network, because root needs no user namespace for that.
    ready = ready && (!options_.user || BecomeUser(*options_.user));
    if (ready && RequestDeathSignal()) {
      CloseTheRestOnExec();
      ResetSignals();
      execve(program_.c_str(), argv_.data(), environment_.data());
    }
    ReportFailure(reports, Report::kFailed, errno);
    _exit(127);
  }

 private:
  static void ReportFailure(int reports, Report::Kind kind, int error) {
    Report report{kind, error};
    (void)!write(reports, &report, sizeof report);
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

  // Runs directly as root, otherwise inside a user namespace that keeps this user's identity.
  bool LeaveNetwork() const {
    if (unshare(CLONE_NEWNET) == 0) return true;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    WriteFile("/proc/self/setgroups", "deny", 4);
    WriteFile("/proc/self/gid_map", gid_map_.data(), gid_map_.size());
    WriteFile("/proc/self/uid_map", uid_map_.data(), uid_map_.size());
    return true;
  }

  static void WriteFile(const char* path, const char* text, size_t size) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)!write(fd, text, size);
    close(fd);
  }

  // Must run after LeaveNetwork and BecomeUser, which clear the setting. Returns false if the
  // parent has already ended.
  bool RequestDeathSignal() const {
    if (options_.death_signal == 0) return true;
    return prctl(PR_SET_PDEATHSIG, options_.death_signal) == 0 && getppid() == parent_;
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
  const std::string program_;
  std::vector<std::string> argv_texts_;
  std::vector<std::string> environment_texts_;
  std::vector<char*> argv_;
  std::vector<char*> environment_;
  const std::string uid_map_;
  const std::string gid_map_;
  const pid_t parent_;
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

// Reads until exec closes the pipe.
absl::StatusOr<Spawned> ReadReports(int fd, pid_t pid, const SpawnOptions& options,
                                    const std::string& program) {
  Spawned spawned{pid, 0};
  Report report{};
  for (;;) {
    ssize_t count = read(fd, &report, sizeof report);
    if (count < 0 && errno == EINTR) continue;
    if (count != static_cast<ssize_t>(sizeof report)) return spawned;
    if (report.kind == Report::kNetwork) {
      spawned.network_error = report.error;
      continue;
    }
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return CannotRun(options, program, std::strerror(report.error));
  }
}

}  // namespace

absl::StatusOr<Spawned> Spawn(const SpawnOptions& options, int input, int output, int errors) {
  std::string program = FindProgram(options.command[0], PathOf(options.environment));
  if (program.empty()) return CannotRun(options, options.command[0], std::strerror(ENOENT));
  absl::StatusOr<Pipe> reports = MakePipe();
  if (!reports.ok()) return CannotRun(options, program, MessageOf(reports.status()));
  Child child(options, program);
  pid_t pid = fork();
  if (pid == 0) child.Go(input, output, errors, reports->write.get());
  if (pid < 0) return CannotRun(options, program, std::strerror(errno));
  reports->write.Close();
  return ReadReports(reports->read.get(), pid, options, program);
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
