// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/restore_points/manifest.h"
#include "server/sqlmesh/restore_points/restore_points.h"

namespace stateserver::restore_points {
namespace {

// Places are the positions of the selected columns in the lines of one table.
struct Places {
  size_t columns = 0;
  std::vector<size_t> selected;
};

absl::Status Damaged(const std::string& id, const std::string& table, std::string_view what) {
  return Error(Reason::STATE_CORRUPT,
               Cat("Restore point '", id, "' is damaged: table '", table, "' ", what),
               "Use another restore point.", {{"restore_point", id}, {"table", table}});
}

absl::StatusOr<Places> FindPlaces(const TableShape& shape, const ColumnSelection& selection,
                                  const std::string& id) {
  std::vector<std::string> columns = absl::StrSplit(shape.columns, ", ");
  Places places;
  places.columns = columns.size();
  for (const std::string& column : selection.columns) {
    auto found = std::find_if(columns.begin(), columns.end(), [&](const std::string& quoted) {
      return quoted == column || quoted == postgres::QuoteName(column);
    });
    if (found == columns.end()) return Damaged(id, shape.table, Cat("lacks column ", column));
    places.selected.push_back(static_cast<size_t>(found - columns.begin()));
  }
  return places;
}

}  // namespace

absl::Status LoadColumns(postgres::Session& session, const std::string& state_schema,
                         const std::string& id, const std::vector<ColumnSelection>& selections,
                         const ValueSink& sink) {
  ASSIGN_OR_RETURN(RestorePoint point, GetRestorePoint(session, state_schema, id));
  ASSIGN_OR_RETURN(std::vector<TableShape> shapes, ManifestTables(session, point.id));
  std::map<std::string, Places> tables;
  for (const TableShape& shape : shapes) {
    for (const ColumnSelection& selection : selections) {
      if (selection.table != shape.table) continue;
      ASSIGN_OR_RETURN(tables[shape.table], FindPlaces(shape, selection, point.id));
    }
  }
  std::vector<postgres::CopyField> fields;
  std::vector<std::string_view> values;
  return Load(session, state_schema, point.id,
              [&](const std::string& table, std::string_view line) -> absl::Status {
                auto places = tables.find(table);
                if (places == tables.end()) return absl::OkStatus();
                if (!postgres::SplitCopyLine(line, places->second.columns, &fields)) {
                  return Damaged(point.id, table, "has a row with another number of columns");
                }
                values.clear();
                for (size_t place : places->second.selected) {
                  values.push_back(fields[place].is_null ? std::string_view() : fields[place].text);
                }
                return sink(table, values);
              });
}

}  // namespace stateserver::restore_points
