// SPDX-License-Identifier: Apache-2.0
//
// What a piece of work needs to know of the call it runs for.
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
  // The authenticated name, else the peer's address.
  std::string principal = "local";
  // How that was proved: "token", "jwt", "certificate", "unix_socket", "nobody".
  std::string method = "nobody";
  std::string peer;
  std::string trace_id;
  // Who calls; null for the server's own work, which asks nobody.
  std::shared_ptr<const auth::Identity> identity;
  // Bounds what is recorded of its refusals; may be null: all of them are.
  operations::RefusalLimit* refusals = nullptr;
  absl::Time deadline = absl::InfiniteFuture();
  // Where sessions are noted while the call holds them; may be null.
  std::shared_ptr<Backends> backends;
  // True once the caller went away or the server gave up on the call. May be
  // called from any thread.
  std::function<bool()> cancelled = [] { return false; };

  // OK, CANCELLED or DEADLINE_EXCEEDED.
  absl::Status Check() const {
    if (cancelled()) return Error(Reason::CANCELLED, "the call was cancelled");
    if (SteadyNow() >= deadline) {
      return Error(Reason::DEADLINE_EXCEEDED, "the call's deadline has passed");
    }
    return absl::OkStatus();
  }
};

}  // namespace stateserver
