// SPDX-License-Identifier: Apache-2.0
//
// The jobs that ALTER TABLE starts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/starrocks/engine/connection.h"

namespace stateserver::starrocks {

// What became of an INSERT with a label.

enum class LabelState {
  kNone,     // no load of this label, or one that was cancelled: it may be used
  kRunning,  // not committed yet
  kDone,     // its rows are there
};

// The newest load of the label in the database. The engine forgets loads after
// three days.
absl::StatusOr<LabelState> ReadLabel(Connection& connection, const std::string& database,
                                     const std::string& label);

struct Job {
  std::string kind;  // "COLUMN", "OPTIMIZE", "ROLLUP"
  int64_t id = 0;
  std::string state;     // "PENDING", "RUNNING", "FINISHED", "CANCELLED", …
  std::string progress;  // "45%"; empty where the engine says none
  std::string message;   // of a cancelled one: why

  bool ended() const { return state == "FINISHED" || state == "CANCELLED"; }
  bool finished() const { return state == "FINISHED"; }
};

// Jobs of the table with an id over `after`, by id; a job with a row for each of
// its indexes is one job, which has ended when all rows have. Of the rollup
// `table`, too, which is how a synchronous materialized view shows. The engine
// forgets jobs after a week.
absl::StatusOr<std::vector<Job>> JobsAfter(Connection& connection, const std::string& database,
                                           const std::string& table, int64_t after);

// The highest id of a job of the table, 0 where there is none.
absl::StatusOr<int64_t> NewestJob(Connection& connection, const std::string& database,
                                  const std::string& table);

}  // namespace stateserver::starrocks
