// SPDX-License-Identifier: Apache-2.0
//
// What the changing commands have in common before they begin.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/session.h"

namespace stateserver::client {

// `given`, checked, or a new id.
absl::StatusOr<std::string> OperationId(const std::string& given, std::string_view command);

// The question, unless `assume_yes`; false where the answer is no (and, as JSON,
// {"confirmed": false} was printed).
absl::StatusOr<bool> Confirmed(Session& session, bool assume_yes, std::string_view question);

// With --format json and nothing to ask, the talk is dropped: programs read
// standard error as an error object.
void SetTalk(Session& session, bool will_ask);

// The gateway line and connection tree of SQLMesh's export and import. Returns
// what the server said about it.
absl::StatusOr<pb::GetVersionsResponse> ShowConnection(Session& session, Client& client);

}  // namespace stateserver::client
