// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/labels.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::starrocks {

absl::StatusOr<LabelState> ReadLabel(Connection& connection, const std::string& database,
                                     const std::string& label) {
  ASSIGN_OR_RETURN(Rows rows, connection.Query(Cat("SHOW LOAD FROM ", QuotedName(database),
                                                   " WHERE LABEL = ", QuotedText(label))));
  LabelState out = LabelState::kNone;
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    std::string state = rows.Text(i, "State");
    if (state == "FINISHED") return LabelState::kDone;
    if (state != "CANCELLED") out = LabelState::kRunning;
  }
  return out;
}

}  // namespace stateserver::starrocks
