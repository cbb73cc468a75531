// SPDX-License-Identifier: Apache-2.0
//
// What DESC … ALL says of a table's rollups.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "server/starrocks/ddl/model/table.h"
#include "server/starrocks/engine/connection.h"

namespace stateserver::starrocks {

// The indexes of `answer` but the table's own and those named in `views`, which
// are synchronous materialized views.
std::vector<schema::Rollup> ReadRollups(const Rows& answer, const std::string& table,
                                        const std::set<std::string>& views);

}  // namespace stateserver::starrocks
