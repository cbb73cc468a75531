// SPDX-License-Identifier: Apache-2.0
//
// Common preparations of the changing commands.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/session.h"

namespace stateserver::client {

// Returns `given` after validation, or a new id if it is empty.
absl::StatusOr<std::string> OperationId(const std::string& given, std::string_view command);

// Asks the question unless `assume_yes` is set. Returns false if the answer is no (after printing
// {"confirmed": false} for JSON).
absl::StatusOr<bool> Confirmed(Session& session, bool assume_yes, std::string_view question);

// Suppresses progress output for --format json if there is nothing to ask, because programs parse
// standard error as an error object.
void SetTalk(Session& session, bool will_ask);

// Prints the gateway line and connection tree of SQLMesh's export and import. Returns the server's
// versions.
absl::StatusOr<pb::GetVersionsResponse> ShowConnection(Session& session, Client& client);

}  // namespace stateserver::client
