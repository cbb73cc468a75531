// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/processes.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/process/file_descriptor.h"
#include "common/time.h"

namespace stateserver::postgres::embedded {

namespace {

namespace fs = std::filesystem;

std::string LinkTarget(const std::string& path) {
  char buffer[PATH_MAX];
  ssize_t count = readlink(path.c_str(), buffer, sizeof buffer);
  return count <= 0 ? "" : std::string(buffer, static_cast<size_t>(count));
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool IsPostgresOn(const std::string& pid, const std::string& data) {
  return LinkTarget("/proc/" + pid + "/cwd") == data &&
         FirstLine("/proc/" + pid + "/comm") == "postgres";
}

bool GoneWithin(absl::Duration patience, const std::string& data) {
  absl::Time end = SteadyNow() + patience;
  while (!ProcessesOn(data).empty()) {
    if (SteadyNow() >= end) return false;
    absl::SleepFor(kLookEvery);
  }
  return true;
}

void SignalAll(const std::string& data, int number) {
  for (pid_t pid : ProcessesOn(data)) kill(pid, number);
}

constexpr size_t kKeptOutput = 16 << 10;
constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
constexpr int kSignals = 65;

// Everything from here to Child::Go runs between fork and exec in a process that had other threads:
// only system calls, no allocation of memory. The calls that change the user are raw system calls,
// because the C library's versions take locks.
bool BecomeUser(const OsUser& user) {
  if (geteuid() == user.uid) return true;
  return syscall(SYS_setgroups, user.groups.size(), user.groups.data()) == 0 &&
         syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
         syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

void CloseTheRestOnExec() {
  if (syscall(SYS_close_range, 3U, ~0U, kCloseOnExec) == 0) return;
  for (int fd = 3; fd < 4096; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void ResetSignals() {
  for (int number = 1; number < kSignals; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Must run after BecomeUser, which clears the setting. Returns false if the parent has already
// ended.
bool RequestDeathSignal(int number, pid_t parent) {
  if (number == 0) return true;
  return prctl(PR_SET_PDEATHSIG, number) == 0 && getppid() == parent;
}

std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> out = {"LC_ALL=C", "LANG=C"};
  for (const char* name : {"PATH", "TZ", "LD_LIBRARY_PATH", "TMPDIR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) out.push_back(std::string(name) + "=" + value);
  }
  return out;
}

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> out;
  for (std::string& text : *texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Child holds everything that the child needs, prepared before the fork.
class Child {
 public:
  explicit Child(const ChildOptions& options)
      : options_(options),
        argv_texts_(options.argv),
        environment_texts_(CleanEnvironment()),
        argv_(Pointers(&argv_texts_)),
        environment_(Pointers(&environment_texts_)),
        null_(open("/dev/null", O_RDWR | O_CLOEXEC)),
        parent_(getpid()) {}

  // Never returns; failures are sent to `errors` as an errno.
  [[noreturn]] void Go(int errors) {
    setsid();
    umask(077);
    bool ready = chdir("/") == 0 && Redirect() && BecomeUser(options_.user) &&
                 RequestDeathSignal(options_.death_signal, parent_);
    if (ready) {
      CloseTheRestOnExec();
      ResetSignals();
      execve(argv_[0], argv_.data(), environment_.data());
    }
    int error = errno;
    (void)!write(errors, &error, sizeof error);
    _exit(127);
  }

 private:
  bool Redirect() const {
    int input = options_.input < 0 ? null_.get() : options_.input;
    int output = options_.output < 0 ? null_.get() : options_.output;
    return dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
           dup2(output, STDERR_FILENO) >= 0;
  }

  const ChildOptions& options_;
  std::vector<std::string> argv_texts_;
  std::vector<std::string> environment_texts_;
  std::vector<char*> argv_;
  std::vector<char*> environment_;
  FileDescriptor null_;
  pid_t parent_;
};

absl::Status CannotRun(const std::string& program, const OsUser& user, int error) {
  return Error(Reason::DATABASE_UNREACHABLE, "Cannot run '" + program + "' as the user '" +
                                                 user.name + "': " + std::strerror(error));
}

std::string ReadToEnd(int fd) {
  std::string text;
  char buffer[4096];
  for (;;) {
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > 2 * kKeptOutput) text.erase(0, text.size() - kKeptOutput);
  }
}

int WaitFor(pid_t pid) {
  int status = -1;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

constexpr std::streamoff kTail = 16 << 10;

}  // namespace

PostmasterFile ReadPostmasterFile(const std::string& data) {
  PostmasterFile out;
  std::ifstream file(data + "/postmaster.pid");
  std::string line;
  // Line 1 is the process id, line 8 its state.
  for (int number = 1; number <= 8 && std::getline(file, line); ++number) {
    if (number == 1) out.pid = static_cast<pid_t>(std::atol(line.c_str()));
    if (number == 8) out.ready = line.starts_with("ready");
  }
  return out;
}

std::vector<pid_t> ProcessesOn(const std::string& data) {
  std::vector<pid_t> found;
  std::error_code error;
  fs::directory_iterator entries("/proc", error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (IsPostgresOn(name, data)) found.push_back(static_cast<pid_t>(std::atol(name.c_str())));
  }
  return found;
}

absl::Status EndOrphans(const std::string& data) {
  SignalAll(data, SIGQUIT);
  if (GoneWithin(kImmediateShutdown, data)) return absl::OkStatus();
  SignalAll(data, SIGKILL);
  if (GoneWithin(kImmediateShutdown, data)) return absl::OkStatus();
  return Error(Reason::DATABASE_UNREACHABLE,
               "Process " + std::to_string(ProcessesOn(data).front()) +
                   " still uses the PostgreSQL cluster in '" + data + "' and cannot be ended",
               "End it and start again");
}

absl::Status ClearLeftovers(const std::string& data, absl::Duration patience) {
  std::vector<pid_t> alive = ProcessesOn(data);
  pid_t postmaster = ReadPostmasterFile(data).pid;
  if (std::find(alive.begin(), alive.end(), postmaster) != alive.end()) {
    kill(postmaster, SIGINT);
    if (GoneWithin(patience, data)) return absl::OkStatus();
  } else if (postmaster != 0 && kill(postmaster, 0) == 0) {
    unlink((data + "/postmaster.pid").c_str());
  }
  return alive.empty() ? absl::OkStatus() : EndOrphans(data);
}

absl::StatusOr<pid_t> Spawn(const ChildOptions& options) {
  ASSIGN_OR_RETURN(Pipe errors, MakePipe());
  Child child(options);
  pid_t pid = fork();
  if (pid == 0) child.Go(errors.write.get());
  if (pid < 0) return CannotRun(options.argv[0], options.user, errno);
  errors.write.Close();
  int error = 0;
  ssize_t count;
  do {
    count = read(errors.read.get(), &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  // exec closed the pipe, so nothing failed.
  if (count <= 0) return pid;
  WaitFor(pid);
  return CannotRun(options.argv[0], options.user, error);
}

absl::StatusOr<Finished> Run(const std::vector<std::string>& argv, const OsUser& user,
                             const std::string& input) {
  ASSIGN_OR_RETURN(Pipe in, MakePipe());
  ASSIGN_OR_RETURN(Pipe out, MakePipe());
  // The input fits into the pipe's buffer, so the child need not read it yet.
  (void)!write(in.write.get(), input.data(), input.size());
  in.write.Close();
  ChildOptions options;
  options.argv = argv;
  options.user = user;
  options.input = in.read.get();
  options.output = out.write.get();
  options.death_signal = SIGKILL;
  ASSIGN_OR_RETURN(pid_t pid, Spawn(options));
  out.write.Close();
  Finished finished;
  finished.output = ReadToEnd(out.read.get());
  finished.ok = WaitFor(pid) == 0;
  return finished;
}

absl::StatusOr<std::string> FirstNotEnterable(const std::vector<std::string>& paths,
                                              const OsUser& user) {
  pid_t pid = fork();
  if (pid < 0) return CannotRun("a check", user, errno);
  if (pid == 0) {
    if (!BecomeUser(user)) _exit(255);
    // Exit codes have 8 bits; a path of more than 253 folders is not checked completely.
    for (size_t i = 0; i < paths.size() && i < 254; ++i) {
      if (access(paths[i].c_str(), X_OK) != 0) _exit(static_cast<int>(i) + 1);
    }
    _exit(0);
  }
  int status = WaitFor(pid);
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 255) {
    return Error(Reason::ARGUMENT_INVALID,
                 "This process may not become the user '" + user.name + "'",
                 "Start the server as an ordinary user, or as root with CAP_SETUID and CAP_SETGID");
  }
  size_t found = static_cast<size_t>(WEXITSTATUS(status));
  return found == 0 ? std::string() : paths[found - 1];
}

std::string LastLines(std::string_view text, int lines) {
  std::istringstream stream{std::string(text)};
  std::deque<std::string> kept;
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    kept.push_back(line);
    if (kept.size() > static_cast<size_t>(lines)) kept.pop_front();
  }
  std::string out;
  for (const std::string& line : kept) out += (out.empty() ? "" : " | ") + line;
  return out;
}

std::string TailOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  std::streamoff size = file.tellg();
  file.seekg(size > kTail ? size - kTail : 0);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

}  // namespace stateserver::postgres::embedded
