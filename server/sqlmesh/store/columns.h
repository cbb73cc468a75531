// SPDX-License-Identifier: Apache-2.0
//
// The columns of the state tables at every known schema version, and what a state of a newer one
// has beyond them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::store {

enum class ColumnType { kText, kNumber, kFlag };

struct StateColumn {
  std::string_view table;
  std::string_view name;
  ColumnType type;
  int since;         // the schema version that added it
  bool read = true;  // false if no call that reads a state uses it
};

// Returns the columns of the state tables of SQLMesh's migrations 60 to the newest known.
std::span<const StateColumn> StateColumns();

// Returns true if a column of this type, as PostgreSQL's format_type names it, can be used.
bool Fits(ColumnType type, std::string_view name);
std::string_view TypeName(ColumnType type);

// LiveColumns maps (table, column) to PostgreSQL's name of the type.
using LiveColumns = std::map<std::pair<std::string, std::string>, std::string>;

// Returns the columns of all tables, and of views if asked, in `schema` ("pg_temp": the session's
// own).
absl::StatusOr<LiveColumns> ReadColumns(postgres::Session& session, std::string_view schema,
                                        bool with_views = false);

// Returns true if the table exists.
bool HasTable(const LiveColumns& live, std::string_view table);

// UnknownParts are parts of a state for which a state file and the answers of calls have no room.
struct UnknownParts {
  std::vector<std::string> columns;  // "_table.column", sorted
  std::vector<std::string> tables;   // sorted
};

// Returns the parts of a state of a newer schema version that the server does not know; nothing for
// other states. Returns STATE_AHEAD, naming table and column, if a column that the server reads is
// missing or has another type.
absl::StatusOr<UnknownParts> InspectNewerState(postgres::Session& session, std::string_view schema,
                                               const Versions& versions);

// Returns the tables in `schema` that look like those of a state, `_name`, and that no known
// release has. Backups of tables are not among them.
absl::StatusOr<std::vector<std::string>> AdditionalTables(postgres::Session& session,
                                                          std::string_view schema);

// Returns such tables that have a backup table, `_name_backup`, whether or not they exist.
absl::StatusOr<std::vector<std::string>> AdditionalBackedUpTables(postgres::Session& session,
                                                                  std::string_view schema);

}  // namespace stateserver::store
