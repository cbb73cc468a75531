// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/launcher.h"

#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "common/error.h"
#include "common/process/piped_child.h"
#include "common/process/python_package.h"
#include "common/text.h"
#include "common/time.h"
#include "server/platform/workers/interpreter.h"

namespace stateserver::workers {
namespace {

// Ids that neither Debian nor systemd assigns; the first without an account is used.
constexpr uid_t kFirstId = 65520;
constexpr uid_t kLastId = 65533;

std::string_view ValueOf(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    std::string_view text = entry;
    if (text.starts_with(name) && text.substr(name.size()).starts_with('=')) {
      return text.substr(name.size() + 1);
    }
  }
  return "";
}

void Set(std::string_view name, std::string_view value, std::vector<std::string>* environment) {
  const std::string prefix = Cat(name, "=");
  std::erase_if(*environment, [&](const std::string& entry) { return entry.starts_with(prefix); });
  environment->push_back(prefix + std::string(value));
}

// Adds the folders of a list such as PYTHONPATH.
void AddList(std::string_view list, std::vector<std::string>* to) {
  while (!list.empty()) {
    size_t end = list.find(':');
    to->emplace_back(list.substr(0, end));
    list = end == list.npos ? "" : list.substr(end + 1);
  }
}

// The home folder and temporary folders of the server's user do not exist for the process.
void HideHome(const std::string& user_base, std::vector<std::string>* environment) {
  std::erase_if(*environment,
                [](const std::string& entry) { return entry.starts_with("TMPDIR="); });
  Set("HOME", "/nonexistent", environment);
  if (user_base.empty()) {
    Set("PYTHONNOUSERSITE", "1", environment);
  } else {
    Set("PYTHONUSERBASE", user_base, environment);
  }
}

uid_t UnusedId() {
  for (uid_t id = kFirstId; id <= kLastId; ++id) {
    passwd entry{};
    passwd* found = nullptr;
    char buffer[4096];
    if (getpwuid_r(id, &entry, buffer, sizeof buffer, &found) == 0 && found == nullptr) return id;
  }
  return kLastId;
}

absl::StatusOr<Launch> MakeLaunch(const std::vector<std::string>& command,
                                  const std::vector<std::string>& environment,
                                  const SandboxFiles& files, absl::Duration timeout) {
  Launch launch{command, environment, nullptr, WorkerUser(), false};
  auto view = std::make_shared<SandboxView>();
  view->id = launch.user ? launch.user->uid : kFirstId;
  view->hidden = files.hidden;
  view->readable.push_back(PythonPackageFolder());
  AddList(ValueOf(environment, "PYTHONPATH"), &view->readable);
  AddList(ValueOf(environment, "LD_LIBRARY_PATH"), &view->readable);
  const std::string program = FindProgram(command.front(), ValueOf(environment, "PATH"));
  view->readable.push_back(program);
  // Such as a worker that is a script of its own.
  view->readable.insert(view->readable.end(), command.begin() + 1, command.end());
  std::string user_base;
  if (!program.empty() && IsPython(command)) {
    ASSIGN_OR_RETURN(Interpreter python, AskInterpreter(program, environment, timeout));
    launch.command.front() = python.program;
    view->readable.insert(view->readable.end(), python.paths.begin(), python.paths.end());
    user_base = python.user_base;
  }
  // A root's own Python or package, such as those below /root.
  launch.keeps_user = !EverybodyCanRead(*view);
  view->readable.insert(view->readable.end(), files.readable.begin(), files.readable.end());
  HideHome(user_base, &launch.environment);
  launch.sandbox = std::move(view);
  return launch;
}

// Runs `true`, or the interpreter with a program that does nothing.
SandboxCheck TryLaunch(const Launch& launch, absl::Duration timeout) {
  SpawnOptions spawn;
  const bool python = IsPython(launch.command);
  spawn.command = python ? std::vector<std::string>{launch.command.front(), "-c", "pass"}
                         : std::vector<std::string>{"true"};
  spawn.environment = launch.environment;
  spawn.folder = "/";
  spawn.sandbox = launch.sandbox;
  spawn.user = launch.user;
  spawn.keeps_user = launch.keeps_user;
  SandboxCheck check;
  auto child = PipedChild::Start(spawn, 1);
  if (!child.ok()) {
    check.problem = std::string(MessageOf(child.status()));
    return check;
  }
  check.confinement = (*child)->confinement();
  check.refused = (*child)->refused_confinement();
  (*child)->CloseInput();
  const std::string end = (*child)->End(timeout);
  if (end != "exited with code 0") check.problem = Cat("it ", end, ": ", (*child)->Errors());
  return check;
}

}  // namespace

std::optional<OsUser> WorkerUser() {
  if (geteuid() != 0) return std::nullopt;
  static const uid_t kId = UnusedId();
  return OsUser{Cat(kId), kId, kId, {kId}};
}

absl::StatusOr<Launch> Launcher::Prepare(const std::vector<std::string>& command,
                                         const std::vector<std::string>& environment,
                                         const SandboxFiles& files, absl::Duration timeout) {
  {
    std::lock_guard lock(mutex_);
    auto known = launches_.find(command);
    if (known != launches_.end()) return known->second;
  }
  ASSIGN_OR_RETURN(Launch launch, MakeLaunch(command, environment, files, timeout));
  std::lock_guard lock(mutex_);
  return launches_.insert_or_assign(command, std::move(launch)).first->second;
}

SandboxCheck Launcher::Check(const std::vector<std::string>& command,
                             const std::vector<std::string>& environment, const SandboxFiles& files,
                             absl::Duration timeout) {
  {
    std::lock_guard lock(mutex_);
    auto known = checks_.find(command);
    if (known != checks_.end()) return known->second;
  }
  SandboxCheck check;
  absl::StatusOr<Launch> launch = Prepare(command, environment, files, timeout);
  if (launch.ok()) {
    check = TryLaunch(*launch, timeout);
  } else {
    check.problem = std::string(MessageOf(launch.status()));
  }
  std::lock_guard lock(mutex_);
  checks_.insert_or_assign(command, check);
  return check;
}

void Launcher::Clear() {
  std::lock_guard lock(mutex_);
  launches_.clear();
  checks_.clear();
}

}  // namespace stateserver::workers
