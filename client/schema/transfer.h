// SPDX-License-Identifier: Apache-2.0
//
// The calls of SchemaService that carry files.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/schema/sources.h"

namespace stateserver::client {

// All pieces of the answer, joined.
absl::StatusOr<pb::DiffResponse> RunDiff(Client& client, const pb::DiffBegin& begin,
                                         const SchemaSource& from, const SchemaSource& to);

struct GeneratedSchema {
  std::vector<SchemaText> files;
  std::vector<pb::UnreadSchemaObject> unread;
};
absl::StatusOr<GeneratedSchema> RunGenerate(Client& client, const pb::GenerateBegin& begin,
                                            const SchemaSource& source);

}  // namespace stateserver::client
