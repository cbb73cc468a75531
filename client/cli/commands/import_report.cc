// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/import_report.h"

#include "client/cli/commands/file_argument.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/table.h"
#include "client/cli/output/tree.h"
#include "client/cli/output/words.h"
#include "client/statefile/format.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

void AddRow(Table& table, const char* name, const pb::TableChanges& changes) {
  table.Add({name, Cat(changes.inserted()), Cat(changes.replaced()), Cat(changes.left_alone()),
             Cat(changes.deleted())});
}

void PrintChanges(std::ostream& out, const pb::ImportResult& result) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"TABLE"},
               {"INSERTED", kRight},
               {"REPLACED", kRight},
               {"LEFT ALONE", kRight},
               {"DELETED", kRight}});
  AddRow(table, "snapshots", result.snapshots());
  AddRow(table, "environments", result.environments());
  AddRow(table, "auto restatements", result.auto_restatements());
  AddRow(table, "environment statements", result.statements());
  pb::TableChanges intervals;
  intervals.set_inserted(result.interval_rows_inserted());
  AddRow(table, "intervals", intervals);
  table.Print(out);
  if (result.intervals_already_covered() > 0) {
    out << Count(result.intervals_already_covered(), "interval")
        << " of the file already covered\n";
  }
}

void PrintAfter(Session& session, const ImportEnd& end) {
  std::string point = end.result.restore_point_id();
  if (point.empty()) point = end.result.operation().restore_point_id();
  if (!point.empty()) {
    session.talk() << "The state before it is restore point " << point << ": stateclient restore "
                   << point << '\n';
  }
  PrintNotes(session.console(), end.result.notes());
  if (end.recovered) {
    session.console().Note(
        "The connection was lost at the end; the server's record says that the import succeeded.");
  }
}

}  // namespace

void PrintFileInformation(std::ostream& out, const StateFileHeader& header) {
  PrintTree(out, "State File Information",
            {Cat("Creation Timestamp: ", Printable(header.timestamp)),
             Cat("File Version: ", header.file_version),
             Cat("SQLMesh version: ", Printable(header.versions.sqlmesh_version)),
             Cat("SQLMesh migration version: ", header.versions.schema_version),
             Cat("SQLGlot version: ", Printable(header.versions.sqlglot_version))});
  // Four spaces: what rich makes of the line feed that SQLMesh ends its tree with.
  out << "    \n";
}

void ReportImport(Session& session, const std::string& file, const ImportEnd& end) {
  if (session.json()) {
    session.out() << JsonObject()
                         .Text("input_file", file)
                         .Fields(end.result)
                         .Bool("recovered", end.recovered)
                         .Finish()
                  << '\n';
    return;
  }
  std::ostream& talk = session.talk();
  talk << '\n';
  if (end.result.dry_run()) {
    talk << "Dry run: nothing was changed. The import would do this:\n" << std::flush;
    PrintChanges(session.out(), end.result);
  } else {
    talk << session.console().Paint(Colour::kGreen, Cat("State imported successfully from ",
                                                        FileInWords(file, "standard input")))
         << '\n';
    if (!end.recovered) PrintChanges(talk, end.result);
  }
  PrintAfter(session, end);
}

}  // namespace stateserver::client
