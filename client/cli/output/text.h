// SPDX-License-Identifier: Apache-2.0
//
// Values of the protocol in words that several commands print.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/cli/output/console.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "stateserver/v1/common.pb.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// "running", "succeeded", …
std::string StatusWord(pb::OperationStatus status);
// "SQLMesh 0.236.4, migration 102, SQLGlot 30.8.0".
std::string VersionsText(const pb::Versions& versions);
// A time-like that SQLMesh stores as text: epoch milliseconds become a time,
// anything else ("1 week ago") stays.
std::string TimeLike(const std::string& text);
// Kind of a model; standalone audits have none.
std::string KindWord(const std::string& kind);
// One "[NOTE] …" each, with up to five of the records' names.
void PrintNotes(Console& console, const google::protobuf::RepeatedPtrField<pb::Note>& notes);

// "State backend versions:" and what they were and are, as SQLMesh's migrate and
// rollback print them.
void PrintVersionChange(std::ostream& talk, const pb::Versions& before, const pb::Versions& after);

// How to get the state before a change back; nothing for an empty id.
void PrintRestorePoint(std::ostream& talk, const std::string& id);

// Epoch milliseconds as UTC "2026-11-22 10:03:00"; 0 is "-".
std::string FormatTime(int64_t epoch_ms);
// A span: "7d", "1d 12h", "30m", "250ms"; at most two units.
std::string FormatSpan(int64_t milliseconds);
// Bytes: "512 B", "4.2 MiB".
std::string FormatBytes(int64_t bytes);
// Elapsed time of a bar: "0:00:07".
std::string FormatElapsed(int64_t seconds);
// "1 snapshot", "2 snapshots".
std::string Count(int64_t number, const std::string& noun);
std::string YesNo(bool value);

// "Name:   value" lines, the values aligned.

using FieldList = std::vector<std::pair<std::string, std::string>>;

// An empty value is shown as "-".
void PrintFields(std::ostream& out, const FieldList& fields);

// Aligned columns under a header row; no box drawing, so that awk and cut work.

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. Control characters are shown as '?':
  // names come from a database and must not drive the terminal.
  void Add(std::vector<std::string> cells);
  void Print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Code points of UTF-8 text: near enough to columns on a terminal.
size_t DisplayWidth(std::string_view text);
// A dash where there is nothing to say.
inline std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }
// Control characters replaced by '?'.
std::string Printable(std::string_view text);

// TITLE:
// ├── first
// └── last
void PrintTree(std::ostream& out, std::string_view title, const std::vector<std::string>& leaves);

}  // namespace stateserver::client
