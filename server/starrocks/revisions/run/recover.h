// SPDX-License-Identifier: Apache-2.0
//
// What a server does with runs that another one, or its own last life, left.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/revisions/run/request.h"

namespace stateserver::revisions {

// Databases of the gateway with a run that has not come to its end, and how many
// statements of it are neither done nor failed.
struct OpenJournal {
  std::string database, revision;
  int statements = 0;
};
absl::StatusOr<std::vector<OpenJournal>> FindOpen(postgres::Session& session,
                                                  const std::string& gateway);

struct Recovery {
  std::string revision;
  // Statements that turned out to be done; that can be sent again; whose job goes
  // on; of which nothing tells.
  int done = 0, not_done = 0, running = 0, unknown = 0;
};

// Asks the live schema about every open statement of the warehouse's open run and
// notes those that are done. Runs nothing: the next upgrade does. WAREHOUSE_LOCKED
// where a run is under way.
absl::StatusOr<Recovery> Recover(const WarehouseTarget& target, absl::Duration lease,
                                 const CallContext& call);

}  // namespace stateserver::revisions
