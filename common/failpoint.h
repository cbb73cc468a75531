// SPDX-License-Identifier: Apache-2.0
//
// Named points where tests make the program die, wait or fail. Builds without
// STATESERVER_FAILPOINTS have no code that could do so: Enabled() is false for good.
// The option concerns failpoint.cc alone, so that what is tested and what users
// run are otherwise the same objects.
//
// The environment variable of the same name switches points on:
//   STATESERVER_FAILPOINTS="import.after_staging=kill;x=sleep(5000);y=error@2"
// kill = SIGKILL of the own process; sleep in milliseconds; error = an INTERNAL
// status where the point is FAILPOINT_STATUS; terminate_backend = PostgreSQL
// ends the work session where the point is FAILPOINT_BACKEND. "@N": only on the
// Nth hit, else on every one.
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
  enum class Kind { kKill, kSleep, kError, kTerminateBackend };
  Kind kind = Kind::kError;
  int milliseconds = 0;
  int on_hit = 0;  // 0: every
};

// "name=action;name=action@N". ARGUMENT_INVALID names what does not parse.
absl::StatusOr<std::map<std::string, Action, std::less<>>> Parse(std::string_view text);

// Thread-safe.
class Registry {
 public:
  explicit Registry(std::map<std::string, Action, std::less<>> actions)
      : actions_(std::move(actions)) {}

  // Does what is asked for at this point; an error only for kError.
  absl::Status Hit(std::string_view name, const std::function<void()>& terminate_backend = nullptr);

 private:
  const std::map<std::string, Action, std::less<>> actions_;
  std::mutex mutex_;
  std::map<std::string, int, std::less<>> hits_;
};

// True in builds with STATESERVER_FAILPOINTS.
bool Enabled();

// Hit() of the registry that the environment describes; nothing where Enabled() is false. A value
// that does not parse ends the program.
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
