// SPDX-License-Identifier: Apache-2.0
//
// Commands that only read the revision files.
#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "revisions/graph.h"

namespace stateserver::client {

// Prints the statements of a range, with waits for jobs as comments, without contacting the server.
// Errors are those of the range.
absl::Status PrintSql(std::ostream& out, const revisions::Graph& graph, const std::string& range,
                      bool downgrade);

// Returns the revision as an Alembic script with the same statements.
std::string AlembicScript(const revisions::Revision& revision);

}  // namespace stateserver::client
