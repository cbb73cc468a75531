// SPDX-License-Identifier: Apache-2.0
//
// States whose schema version is newer than this server knows. They are read as they are stored.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

// Returns the note for people who read such a state, which names the columns and tables that are
// not shown; nothing for a known schema version. Returns STATE_AHEAD, naming table and column, if
// the state cannot be read.
absl::StatusOr<std::vector<Note>> NotesOfNewerSchema(postgres::Session& session,
                                                     std::string_view schema,
                                                     const store::Versions& versions);

}  // namespace stateserver::transfer
