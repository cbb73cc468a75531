// What a migration did, for the operation's record.
#pragma once

#include <string>

#include "server/migrations/runner.h"
#include "server/store/layout.h"

namespace stateserver::migrations {

std::string ReportJson(const store::Versions& after, const RunReport& report);

}  // namespace stateserver::migrations
