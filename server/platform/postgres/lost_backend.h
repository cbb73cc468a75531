// SPDX-License-Identifier: Apache-2.0
//
// What a lost connection leaves in PostgreSQL.
#pragma once

#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// Where `lost` has lost its connection, PostgreSQL may not know it yet: its backend would
// keep locks and transaction until the kernel gives the other end up. Ends that backend
// over `session` and waits until it is gone, a few seconds at most. Best effort: does
// nothing for a session that is alive, or whose backend a pooler hides.
void EndLostBackend(Session& session, const Session& lost);

}  // namespace stateserver::postgres
