// SPDX-License-Identifier: Apache-2.0
//
// Text forms of protocol values that several commands print, and tables.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/cli/output/console.h"
#include "client/cli/output/screen.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "google/protobuf/timestamp.pb.h"
#include "stateserver/v1/common.pb.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// Returns the words of a value of an enum, by its descriptor.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value);

// Returns the words of a value of an enum: "running" for OPERATION_STATUS_RUNNING;
// "unknown" for one that this version does not know.
template <typename Enum>
std::string EnumWord(Enum value) {
  return EnumWord(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

// Returns the command that begins such operations: "import --replace", "schema upgrade".
std::string KindCommand(pb::OperationKind kind);
// Returns "SQLMesh 0.236.4, migration 102, SQLGlot 30.8.0".
std::string VersionsText(const pb::Versions& versions);
// Formats a time that SQLMesh stores as text: epoch milliseconds become a time; any other text ("1
// week ago") is unchanged.
std::string TimeLike(const std::string& text);
// Returns the kind of a model; standalone audits have none.
std::string KindWord(const std::string& kind);
// Prints one "[NOTE] …" per note, with up to five names of records.
void PrintNotes(Console& console, const google::protobuf::RepeatedPtrField<pb::Note>& notes);

// Prints "State backend versions:" with the old and new versions, as SQLMesh's migrate and rollback
// do.
void PrintVersionChange(std::ostream& talk, const pb::Versions& before, const pb::Versions& after);

// Prints how to restore the state before a change; prints nothing for an empty id.
void PrintRestorePoint(std::ostream& talk, const std::string& id);

// Formats epoch milliseconds as UTC "2026-11-22 10:03:00"; 0 is "-".
std::string FormatTime(int64_t epoch_ms);
// Returns "-" for a time that is absent.
std::string FormatTime(const google::protobuf::Timestamp& time);
int64_t ToMilliseconds(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp TimestampOf(int64_t epoch_ms);
google::protobuf::Duration DurationOf(int64_t milliseconds);
// Formats a duration with at most two units: "7d", "1d 12h", "30m", "250ms".
std::string FormatSpan(int64_t milliseconds);
// Formats bytes: "512 B", "4.2 MiB".
std::string FormatBytes(int64_t bytes);
// Formats the elapsed time of a bar: "0:00:07".
std::string FormatElapsed(int64_t seconds);
// Returns "1 snapshot", "2 snapshots".
std::string Count(int64_t number, const std::string& noun);
std::string YesNo(bool value);

// FieldList holds the lines "Name:   value" for PrintFields.
using FieldList = std::vector<std::pair<std::string, std::string>>;

// Prints the lines with aligned values. An empty value is shown as "-".
void PrintFields(std::ostream& out, const FieldList& fields);

// Table prints aligned columns under a header row, without box drawing, so that awk and cut work.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Adds a row with one cell per column, as Printable().
  void Add(std::vector<std::string> cells);
  void Print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Returns the number of code points of UTF-8 text, which approximates columns on a terminal.
size_t DisplayWidth(std::string_view text);
// Returns the text, or "-" if it is empty.
inline std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

// Prints a tree:
//   TITLE:
//   ├── first
//   └── last
void PrintTree(std::ostream& out, std::string_view title, const std::vector<std::string>& leaves);

}  // namespace stateserver::client
