// SPDX-License-Identifier: Apache-2.0
//
// The interval unit that SQLMesh infers from a node's cron.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "server/sqlmesh/time/interval_unit.h"

namespace stateserver::state {

// Computes IntervalUnit.from_cron: the largest unit that fits into the shortest gap among the next
// five ticks from now. Returns nullopt if the result is not certain: a cron that ParseCron()
// rejects, one that ticks more often than every five minutes or hardly ever, and one whose unit
// depends on the current hour. Takes up to a millisecond.
std::optional<IntervalUnit> IntervalUnitFromCron(std::string_view cron);

// CronUnits caches the results, because a state has many nodes and few crons. Not thread-safe.
class CronUnits {
 public:
  std::optional<IntervalUnit> Get(std::string_view cron);

 private:
  absl::flat_hash_map<std::string, std::optional<IntervalUnit>> known_;
};

}  // namespace stateserver::state
