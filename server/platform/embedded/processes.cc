// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/processes.h"

#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/steady_time.h"

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
               "process " + std::to_string(ProcessesOn(data).front()) +
                   " still uses the PostgreSQL cluster in " + data + " and cannot be ended",
               "end it and start again");
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

}  // namespace stateserver::postgres::embedded
