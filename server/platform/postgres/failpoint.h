// SPDX-License-Identifier: Apache-2.0
//
// Failpoints that can end the backend of a working session.
#pragma once

#include "common/failpoint.h"
#include "server/platform/postgres/pool.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Ends the backend of `session` over another connection and waits until it is gone.
inline void TerminateBackend(Pool& pool, const Session& session) {
  auto other = pool.Acquire({});
  if (!other.ok()) return;
  (void)(*other)->Query("SELECT pg_terminate_backend($1::int, 5000)",
                        {std::to_string(session.backend_pid())});
}

}  // namespace stateserver::postgres

#define FAILPOINT_SESSION(name, pool, session) \
  FAILPOINT_BACKEND(name, [&] { ::stateserver::postgres::TerminateBackend((pool), (session)); })
