// SPDX-License-Identifier: Apache-2.0
//
// Generation of a new revision by the server.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/revisions/folder.h"
#include "client/schema/plan.h"
#include "client/schema/sources.h"

namespace stateserver::client {

struct NewRevision {
  SchemaPlan plan;
  std::string revision;
  SchemaText file;  // empty if there is nothing to do
};

// Generates a revision. Returns ANSWER_INVALID, as AnswerFiles does: the name of the file is safe
// to write into a folder.
absl::StatusOr<NewRevision> RunAutogenerate(Client& client, const pb::AutogenerateBegin& begin,
                                            const SchemaSource& declared,
                                            const RevisionFolder& folder);

}  // namespace stateserver::client
