// SPDX-License-Identifier: Apache-2.0
//
// What a migration did, for the operation's record.
#pragma once

#include <string>

#include "server/sqlmesh/migrations/runner.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

std::string ReportJson(const store::Versions& after, const RunReport& report);

}  // namespace stateserver::migrations
