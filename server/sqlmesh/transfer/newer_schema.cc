// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/newer_schema.h"

#include <algorithm>
#include <string>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/columns.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::transfer {

absl::StatusOr<std::vector<Note>> NotesOfNewerSchema(postgres::Session& session,
                                                     std::string_view schema,
                                                     const store::Versions& versions) {
  std::vector<Note> notes;
  if (!store::IsNewerSchema(versions)) return notes;
  ASSIGN_OR_RETURN(store::UnknownParts parts, store::InspectNewerState(session, schema, versions));
  Note& note = notes.emplace_back();
  note.kind = "newer_schema";
  note.message = Cat("the state has schema version ", versions.schema_version, " (SQLMesh ",
                     versions.sqlmesh_version, "), newer than this server knows (",
                     store::NewestVersions().schema_version, "): it is read as it is stored");
  for (const std::string& column : parts.columns) note.records.push_back(Cat("column ", column));
  for (const std::string& table : parts.tables) note.records.push_back(Cat("table ", table));
  if (!note.records.empty()) note.message += ", without the columns and tables that are not known";
  note.count = std::max<int64_t>(1, static_cast<int64_t>(note.records.size()));
  if (note.records.size() > kMaxNoteRecords) note.records.resize(kMaxNoteRecords);
  return notes;
}

}  // namespace stateserver::transfer
