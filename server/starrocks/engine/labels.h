// SPDX-License-Identifier: Apache-2.0
//
// What became of an INSERT with a label.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/starrocks/engine/connection.h"

namespace stateserver::starrocks {

enum class LabelState {
  kNone,     // no load of this label, or one that was cancelled: it may be used
  kRunning,  // not committed yet
  kDone,     // its rows are there
};

// The newest load of the label in the database. The engine forgets loads after
// three days.
absl::StatusOr<LabelState> ReadLabel(Connection& connection, const std::string& database,
                                     const std::string& label);

}  // namespace stateserver::starrocks
