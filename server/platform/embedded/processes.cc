// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/processes.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
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
#include "common/process/spawn.h"
#include "common/regular_file.h"
#include "common/text.h"
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
std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> out = {"LC_ALL=C", "LANG=C"};
  for (const char* name : {"PATH", "TZ", "LD_LIBRARY_PATH", "TMPDIR"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) out.push_back(std::string(name) + "=" + value);
  }
  return out;
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

constexpr size_t kTail = 16 << 10;

}  // namespace

PostmasterFile ReadPostmasterFile(const std::string& data) {
  PostmasterFile out;
  // The cluster's user could have replaced the file by a pipe.
  auto text = ReadRegularFile(data + "/postmaster.pid", kMaxConfigBytes);
  if (!text.ok()) return out;
  std::istringstream file(*text);
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
  FileDescriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  int input = options.input < 0 ? null.get() : options.input;
  int output = options.output < 0 ? null.get() : options.output;
  SpawnOptions spawn;
  spawn.command = options.argv;
  spawn.environment = CleanEnvironment();
  spawn.folder = "/";
  spawn.user = options.user;
  spawn.private_files = true;
  spawn.without_core = false;
  spawn.death_signal = options.death_signal;
  absl::StatusOr<Spawned> spawned = stateserver::Spawn(spawn, input, output, output);
  if (spawned.ok()) return spawned->pid;
  return Error(Reason::DATABASE_UNREACHABLE, Cat("Cannot run ", MessageOf(spawned.status())));
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
  if (pid < 0) {
    return Error(Reason::DATABASE_UNREACHABLE,
                 Cat("Cannot run a check as the user '", user.name, "': ", std::strerror(errno)));
  }
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
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (!file.open() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return "";
  std::string text(kTail, '\0');
  off_t start = std::max(info.st_size - static_cast<off_t>(kTail), off_t{0});
  ssize_t count = pread(file.get(), text.data(), text.size(), start);
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return text;
}

}  // namespace stateserver::postgres::embedded
