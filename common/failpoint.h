// SPDX-License-Identifier: Apache-2.0
//
// Named points at which tests make the program die, wait or fail. Without STATESERVER_FAILPOINTS
// the macros expand to nothing.
//
// The environment variable of the same name activates points:
//   STATESERVER_FAILPOINTS="import.after_staging=kill;x=sleep(5000);y=error@2"
// kill sends SIGKILL to the own process. sleep waits, in milliseconds. error returns an INTERNAL
// status at a FAILPOINT_STATUS. terminate_backend makes PostgreSQL end the working session at a
// FAILPOINT_BACKEND. "@N" acts only on the Nth hit, otherwise every hit counts.
#pragma once

#ifdef STATESERVER_FAILPOINTS

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
  enum class Kind { kKill, kSleep, kError, kTerminateBackend };
  Kind kind = Kind::kError;
  int milliseconds = 0;
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

// Returns the registry configured by the environment variable. An invalid value ends the program.
Registry& FromEnvironment();

}  // namespace stateserver::failpoint

#define FAILPOINT(name) (void)::stateserver::failpoint::FromEnvironment().Hit(name)
#define FAILPOINT_STATUS(name) \
  RETURN_IF_ERROR(::stateserver::failpoint::FromEnvironment().Hit(name))
// `terminate` is a callable that ends the working session's backend from another connection.
#define FAILPOINT_BACKEND(name, terminate) \
  RETURN_IF_ERROR(::stateserver::failpoint::FromEnvironment().Hit(name, terminate))

#else

#define FAILPOINT(name) static_cast<void>(0)
#define FAILPOINT_STATUS(name) static_cast<void>(0)
#define FAILPOINT_BACKEND(name, terminate) static_cast<void>(0)

#endif
