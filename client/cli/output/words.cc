// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/words.h"

#include <algorithm>
#include <cctype>

#include "client/cli/output/format.h"
#include "client/cli/output/table.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

constexpr int kNamesShown = 5;

}  // namespace

std::string StatusWord(pb::OperationStatus status) {
  switch (status) {
    case pb::OPERATION_STATUS_RUNNING:
      return "running";
    case pb::OPERATION_STATUS_SUCCEEDED:
      return "succeeded";
    case pb::OPERATION_STATUS_FAILED:
      return "failed";
    case pb::OPERATION_STATUS_REFUSED:
      return "refused";
    case pb::OPERATION_STATUS_ABANDONED:
      return "abandoned";
    default:
      return "unknown";
  }
}

std::string VersionsText(const pb::Versions& versions) {
  return Cat("SQLMesh ", versions.sqlmesh_version(), ", migration ", versions.schema_version(),
             ", SQLGlot ", versions.sqlglot_version());
}

std::string TimeLike(const std::string& text) {
  bool milliseconds =
      text.size() >= 12 && text.size() <= 14 &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return milliseconds ? FormatTime(std::stoll(text)) : text;
}

std::string KindWord(const std::string& kind) { return kind.empty() ? "(audit)" : kind; }

void PrintNotes(Console& console, const google::protobuf::RepeatedPtrField<pb::Note>& notes) {
  for (const pb::Note& note : notes) {
    console.Note(Printable(note.message()));
    int shown = std::min(note.records_size(), kNamesShown);
    for (int i = 0; i < shown; ++i) console.talk() << "  " << Printable(note.records(i)) << '\n';
    int64_t rest = std::max<int64_t>(note.count(), note.records_size()) - shown;
    if (shown > 0 && rest > 0) console.talk() << "  … and " << rest << " more\n";
  }
}

void PrintVersionChange(std::ostream& talk, const pb::Versions& before, const pb::Versions& after) {
  // What SQLMesh says of a database without state.
  auto or_zero = [](const std::string& version) {
    return version.empty() ? std::string("0.0.0") : Printable(version);
  };
  talk << "State backend versions:\n"
       << "Schema version: " << before.schema_version() << " -> " << after.schema_version() << '\n'
       << "SQLGlot version: " << or_zero(before.sqlglot_version()) << " -> "
       << or_zero(after.sqlglot_version()) << '\n'
       << "SQLMesh version: " << or_zero(before.sqlmesh_version()) << " -> "
       << or_zero(after.sqlmesh_version()) << '\n';
}

void PrintRestorePoint(std::ostream& talk, const std::string& id) {
  if (id.empty()) return;
  talk << "The state before it is restore point " << id << ": stateclient restore " << id << '\n';
}

}  // namespace stateserver::client
