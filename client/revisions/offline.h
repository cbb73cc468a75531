// SPDX-License-Identifier: Apache-2.0
//
// What the files alone say.
#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "revisions/graph.h"

namespace stateserver::client {

// The statements of a range, with waits for jobs as comments; nothing is asked.
// Errors: those of the range.
absl::Status PrintSql(std::ostream& out, const revisions::Graph& graph, const std::string& range,
                      bool downgrade);

// The revision as a script of Alembic, whose statements are the same.
std::string AlembicScript(const revisions::Revision& revision);

}  // namespace stateserver::client
