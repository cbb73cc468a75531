// SPDX-License-Identifier: Apache-2.0
//
// The interval rows of one (name, version) as one text value. PostgreSQL aggregates them, so that
// an export reads them in the same row as the snapshot.
//
//   row    = created US start US end US flags US last_altered US identifier US dev_version
//   value  = row *(RS row)           US = 0x1f, RS = 0x1e, "" for no rows
//   flags  = 1 dev + 2 removed + 4 pending restatement, one digit
//   last_altered = digits, or "" for NULL
//   identifier, dev_version = "+" and the text, or "" for NULL
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/intervals/intervals.h"

namespace stateserver::state {

// Returns an aggregate expression over rows of `_intervals` with the given alias; NULL if there are
// none. Columns that `schema_version` does not have count as false or NULL. The rows are in
// SQLMesh's order.
std::string AggregatedIntervalsSql(int schema_version, std::string_view alias);

// Replaces `rows` by the contents of `text`; views point into `text`. Returns false if the text
// does not follow the format above (a row without start or end, a control character in a name);
// `rows` is then unspecified.
bool ParseAggregatedIntervals(std::string_view text, std::vector<IntervalRow>* rows);

}  // namespace stateserver::state
