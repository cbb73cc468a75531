// SPDX-License-Identifier: Apache-2.0
//
// The properties of a call that the code serving it needs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/error.h"
#include "common/time.h"
#include "server/platform/backends.h"

namespace stateserver {

namespace auth {
struct Identity;
}
namespace operations {
class RefusalLimit;
}

struct CallContext {
  // The name of the caller's identity (see auth::Identity), "stateserver" for the server's own
  // work, and "unknown" until the caller is identified.
  std::string principal = "unknown";
  // How the caller was authenticated: "token", "jwt", "certificate", "unix_socket" or "nobody".
  std::string method = "nobody";
  std::string peer;
  std::string trace_id;
  // The caller; null for the server's own work, which is not subject to authorization.
  std::shared_ptr<const auth::Identity> identity;
  // Limits how many refusals of this caller are recorded. If null, all are recorded.
  operations::RefusalLimit* refusals = nullptr;
  absl::Time deadline = absl::InfiniteFuture();
  // Collects the sessions that the call holds; may be null.
  std::shared_ptr<Backends> backends;
  // Returns true after the caller disconnected or the server abandoned the call. May be called from
  // any thread.
  std::function<bool()> cancelled = [] { return false; };

  // Returns the principal who asked to cancel the operation, if this is why the call is cancelled.
  std::function<std::string()> cancelled_by = [] { return std::string(); };

  // Returns OK, CANCELLED or DEADLINE_EXCEEDED.
  absl::Status Check() const {
    if (cancelled()) {
      std::string by = cancelled_by();
      return Error(Reason::CANCELLED, by.empty() ? "The call was cancelled"
                                                 : "The operation was cancelled by '" + by + "'");
    }
    if (SteadyNow() >= deadline) {
      return Error(Reason::DEADLINE_EXCEEDED, "The call's deadline has passed");
    }
    return absl::OkStatus();
  }
};

}  // namespace stateserver
