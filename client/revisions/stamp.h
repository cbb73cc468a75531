// SPDX-License-Identifier: Apache-2.0
//
// Telling the journal what is applied.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/schema/sources.h"

namespace stateserver::client {

absl::StatusOr<pb::StampResponse> RunStamp(Client& client, const pb::StampBegin& begin,
                                           const std::vector<SchemaText>& files);

}  // namespace stateserver::client
