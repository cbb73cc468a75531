// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/column_text.h"

#include <string>
#include <utility>

#include "common/text.h"

namespace stateserver::state {

absl::Status CheckColumnTexts(std::string_view place, std::initializer_list<ColumnText> texts,
                              Facts facts) {
  for (const ColumnText& column : texts) {
    if (column.text.find('\0') == std::string_view::npos) continue;
    facts["field"] = std::string(column.field);
    return Error(
        Reason::RECORD_INVALID,
        Cat(place, ": ", column.field,
            " contains a NUL character (\\u0000), which PostgreSQL cannot store in a column"),
        "Remove the character from the record.", std::move(facts));
  }
  return absl::OkStatus();
}

}  // namespace stateserver::state
