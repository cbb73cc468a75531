// SPDX-License-Identifier: Apache-2.0
//
// Jobs that ALTER TABLE starts, and loads with a label.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/engine/connection.h"

namespace stateserver::starrocks {

// LabelState is the state of an INSERT with a label.
enum class LabelState {
  kNone,     // no load has this label, or it was cancelled: the label can be used
  kRunning,  // not committed yet
  kDone,     // its rows are visible
};

// Returns the state of the newest load with this label in the database. The engine forgets loads
// after three days.
absl::StatusOr<LabelState> ReadLabel(Connection& connection, const std::string& database,
                                     const std::string& label);

struct Job {
  std::string kind;  // "COLUMN", "OPTIMIZE", "ROLLUP"
  int64_t id = 0;
  std::string state;     // "PENDING", "RUNNING", "FINISHED", "CANCELLED", …
  std::string progress;  // "45%"; empty if the engine reports none
  std::string message;   // the reason for a cancelled job

  bool ended() const { return state == "FINISHED" || state == "CANCELLED"; }
  bool finished() const { return state == "FINISHED"; }
};

// Returns the jobs of the table with an id greater than `after`, sorted by id. A job with one row
// for each index is one job, which has ended when all rows have. Includes jobs of the rollup
// `table`, which is how a synchronous materialized view appears. The engine forgets jobs after a
// week.
absl::StatusOr<std::vector<Job>> JobsAfter(Connection& connection, const std::string& database,
                                           const std::string& table, int64_t after);

// Returns the highest id of a job of the table, or 0 if there is none.
absl::StatusOr<int64_t> NewestJob(Connection& connection, const std::string& database,
                                  const std::string& table);

}  // namespace stateserver::starrocks
