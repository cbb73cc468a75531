// SPDX-License-Identifier: Apache-2.0

#include "common/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "common/text.h"

namespace stateserver::failpoint {
namespace {

absl::Status Bad(std::string_view item) {
  return Error(Reason::ARGUMENT_INVALID,
               Cat("STATESERVER_FAILPOINTS: '", item, "' is not NAME=ACTION[@N]"),
               "Actions: kill, sleep(MS), wait(FILE), error, terminate_backend.");
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// Returns what stands in the parentheses of "name(...)", or an empty text.
std::string_view Argument(std::string_view text, std::string_view name) {
  size_t open = name.size();
  if (!text.starts_with(name) || !text.substr(open).starts_with("(") || !text.ends_with(")")) {
    return {};
  }
  return text.substr(open + 1, text.size() - open - 2);
}

// Ends the program, so that the test that named an invalid point fails.
[[noreturn]] void Abort(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::abort();
}

void WaitFor(const std::string& file) {
  const std::string reached = Cat(file, ".reached");
  if (!std::ofstream(reached, std::ios::app)) {
    Abort(Cat("STATESERVER_FAILPOINTS: cannot create '", reached, "'"));
  }
  constexpr std::chrono::milliseconds kPoll{5};
  auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (access(file.c_str(), F_OK) != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPoll);
  }
}

std::optional<Action> ParseAction(std::string_view text) {
  Action action;
  if (size_t at = text.find('@'); at != std::string_view::npos) {
    std::optional<int> hit = Number(text.substr(at + 1));
    if (!hit.has_value() || *hit == 0) return std::nullopt;
    action.on_hit = *hit;
    text = text.substr(0, at);
  }
  if (text == "kill") {
    action.kind = Action::Kind::kKill;
  } else if (text == "error") {
    action.kind = Action::Kind::kError;
  } else if (text == "terminate_backend") {
    action.kind = Action::Kind::kTerminateBackend;
  } else if (std::string_view argument = Argument(text, "sleep"); !argument.empty()) {
    std::optional<int> milliseconds = Number(argument);
    if (!milliseconds.has_value()) return std::nullopt;
    action.kind = Action::Kind::kSleep;
    action.milliseconds = *milliseconds;
  } else if (std::string_view file = Argument(text, "wait"); !file.empty()) {
    action.kind = Action::Kind::kWait;
    action.file = file;
  } else {
    return std::nullopt;
  }
  return action;
}

}  // namespace

absl::StatusOr<std::map<std::string, Action, std::less<>>> Parse(std::string_view text) {
  std::map<std::string, Action, std::less<>> actions;
  while (!text.empty()) {
    size_t end = text.find(';');
    std::string_view item = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (item.empty()) continue;
    size_t equals = item.find('=');
    if (equals == std::string_view::npos || equals == 0) return Bad(item);
    std::optional<Action> action = ParseAction(item.substr(equals + 1));
    if (!action.has_value()) return Bad(item);
    actions[std::string(item.substr(0, equals))] = *action;
  }
  return actions;
}

absl::Status Registry::Hit(std::string_view name, const std::function<void()>& terminate_backend) {
  auto found = actions_.find(name);
  if (found == actions_.end()) return absl::OkStatus();
  const Action& action = found->second;
  {
    std::lock_guard lock(mutex_);
    int hit = ++hits_[std::string(name)];
    if (action.on_hit != 0 && hit != action.on_hit) return absl::OkStatus();
  }
  switch (action.kind) {
    case Action::Kind::kKill:
      kill(getpid(), SIGKILL);
      break;
    case Action::Kind::kSleep:
      std::this_thread::sleep_for(std::chrono::milliseconds(action.milliseconds));
      break;
    case Action::Kind::kWait:
      WaitFor(action.file);
      break;
    case Action::Kind::kError:
      return Error(Reason::INTERNAL, Cat("failpoint ", name));
    case Action::Kind::kTerminateBackend:
      if (terminate_backend != nullptr) terminate_backend();
      break;
  }
  return absl::OkStatus();
}

#if STATESERVER_FAILPOINTS

bool Enabled() { return true; }

absl::Status Hit(std::string_view name, const std::function<void()>& terminate_backend) {
  static Registry registry([] {
    const char* text = std::getenv("STATESERVER_FAILPOINTS");
    auto actions = Parse(text == nullptr ? "" : text);
    if (!actions.ok()) Abort(actions.status().ToString());
    return *std::move(actions);
  }());
  return registry.Hit(name, terminate_backend);
}

#else

bool Enabled() { return false; }

absl::Status Hit(std::string_view, const std::function<void()>&) { return absl::OkStatus(); }

#endif

}  // namespace stateserver::failpoint
