// SPDX-License-Identifier: Apache-2.0
//
// Common options of the commands for revisions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "client/cli/session.h"
#include "stateserver/v1/revisions.pb.h"

namespace stateserver::client {

struct RevisionOptions {
  std::string folder = "revisions";
  std::string database;
  // Options for the table alembic_version.
  bool no_version_table = false;
  std::vector<std::string> version_table_properties;
};

void AddFolderOption(Arguments& arguments, RevisionOptions* options);
void AddDatabaseOption(Arguments& arguments, RevisionOptions* options);
void AddVersionTableOptions(Arguments& arguments, RevisionOptions* options);

pb::WarehouseScope ScopeOf(Session& session, const RevisionOptions& options);
// Returns USAGE for a property that is not KEY=VALUE.
absl::StatusOr<pb::VersionTable> VersionTableOf(const RevisionOptions& options,
                                                std::string_view command);
// Converts "30s", "5m", "2h" or a number of seconds to milliseconds. Returns `absent` for an empty
// text.
absl::StatusOr<int64_t> MillisecondsOf(const std::string& text, int64_t absent,
                                       std::string_view command, std::string_view flag);

// Parses "table.old=new" or "old=new".
absl::StatusOr<pb::SchemaRename> ReadRename(const std::string& text, std::string_view command);

}  // namespace stateserver::client
