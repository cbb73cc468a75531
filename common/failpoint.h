// SPDX-License-Identifier: Apache-2.0
//
// Named points at which tests make the program die, wait or fail. In builds without
// STATESERVER_FAILPOINTS they do nothing: Enabled() is always false. The option concerns
// failpoint.cc alone, so that tests and users otherwise run the same objects.
//
// The environment variable of the same name activates points:
//   STATESERVER_FAILPOINTS="import.after_staging=kill;x=sleep(5000);y=error@2;z=wait(/tmp/go)"
// kill sends SIGKILL to the own process. sleep(MS) sleeps. wait(FILE) creates FILE.reached, or ends
// the program if it cannot, and waits until FILE exists, for at most a minute. error returns an
// INTERNAL status at a FAILPOINT_STATUS. terminate_backend makes PostgreSQL end the working session
// at a FAILPOINT_BACKEND. "@N" acts only on the Nth hit, otherwise every hit counts.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/error.h"

namespace stateserver::failpoint {

struct Action {
  enum class Kind { kKill, kSleep, kWait, kError, kTerminateBackend };
  Kind kind = Kind::kError;
  int milliseconds = 0;
  std::string file;
  int on_hit = 0;  // 0 means every hit
};

// Parses "name=action;name=action@N". Returns ARGUMENT_INVALID, naming the part that cannot be
// parsed.
absl::StatusOr<std::map<std::string, Action, std::less<>>> Parse(std::string_view text);

// Registry holds the active failpoints. Thread-safe.
class Registry {
 public:
  explicit Registry(std::map<std::string, Action, std::less<>> actions)
      : actions_(std::move(actions)) {}

  // Performs the action configured for this point. Returns an error only for kError.
  absl::Status Hit(std::string_view name, const std::function<void()>& terminate_backend = nullptr);

 private:
  const std::map<std::string, Action, std::less<>> actions_;
  std::mutex mutex_;
  std::map<std::string, int, std::less<>> hits_;
};

// Returns true in builds with STATESERVER_FAILPOINTS.
bool Enabled();

// Calls Registry::Hit of the registry that the environment describes. Does nothing if Enabled() is
// false. Ends the program if the environment's value cannot be parsed.
absl::Status Hit(std::string_view name, const std::function<void()>& terminate_backend = nullptr);

}  // namespace stateserver::failpoint

#define FAILPOINT(name)                                                                 \
  do {                                                                                  \
    if (::stateserver::failpoint::Enabled()) (void)::stateserver::failpoint::Hit(name); \
  } while (false)
#define FAILPOINT_STATUS(name)                                                                     \
  do {                                                                                             \
    if (::stateserver::failpoint::Enabled()) RETURN_IF_ERROR(::stateserver::failpoint::Hit(name)); \
  } while (false)
// `terminate` is a callable that ends the work session's backend from outside.
#define FAILPOINT_BACKEND(name, terminate)                             \
  do {                                                                 \
    if (::stateserver::failpoint::Enabled()) {                         \
      RETURN_IF_ERROR(::stateserver::failpoint::Hit(name, terminate)); \
    }                                                                  \
  } while (false)
