// SPDX-License-Identifier: Apache-2.0
//
// Named points where tests make the program die, wait or fail. In builds
// without STATESERVER_FAILPOINTS the macros are nothing.
//
// The environment variable of the same name switches points on:
//   STATESERVER_FAILPOINTS="import.after_staging=kill;x=sleep(5000);y=error@2"
// kill = SIGKILL of the own process; sleep in milliseconds; error = an INTERNAL
// status where the point is FAILPOINT_STATUS; terminate_backend = PostgreSQL
// ends the work session where the point is FAILPOINT_BACKEND. "@N": only on the
// Nth hit, else on every one.
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

// The one of the environment; a value that does not parse ends the program.
Registry& FromEnvironment();

}  // namespace stateserver::failpoint

#define FAILPOINT(name) (void)::stateserver::failpoint::FromEnvironment().Hit(name)
#define FAILPOINT_STATUS(name) \
  RETURN_IF_ERROR(::stateserver::failpoint::FromEnvironment().Hit(name))
// `terminate` is a callable that ends the work session's backend from outside.
#define FAILPOINT_BACKEND(name, terminate) \
  RETURN_IF_ERROR(::stateserver::failpoint::FromEnvironment().Hit(name, terminate))

#else

#define FAILPOINT(name) static_cast<void>(0)
#define FAILPOINT_STATUS(name) static_cast<void>(0)
#define FAILPOINT_BACKEND(name, terminate) static_cast<void>(0)

#endif
