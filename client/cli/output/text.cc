// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <utility>

#include "common/text.h"
#include "google/protobuf/util/time_util.h"

namespace stateserver::client {

namespace {

using google::protobuf::util::TimeUtil;

constexpr int kNamesShown = 5;

void PrintRow(std::ostream& out, const std::vector<Table::Column>& columns,
              const std::vector<size_t>& widths, const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    std::string padding(widths[i] - DisplayWidth(cells[i]), ' ');
    bool right = columns[i].align == Table::Align::kRight;
    if (i > 0) line += "  ";
    line += right ? padding + cells[i] : cells[i] + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

}  // namespace

std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* known = type.FindValueByNumber(value);
  if (known == nullptr || value == 0) return "unknown";
  // The values' common prefix, as in the name of the one for 0.
  constexpr std::string_view kUnspecified = "UNSPECIFIED";
  size_t prefix = type.FindValueByNumber(0)->name().size() - kUnspecified.size();
  std::string word = known->name().substr(prefix);
  for (char& c : word) c = c == '_' ? ' ' : static_cast<char>(std::tolower(c));
  return word;
}

std::string KindCommand(pb::OperationKind kind) {
  switch (kind) {
    case pb::OPERATION_KIND_IMPORT_REPLACE:
      return "import --replace";
    case pb::OPERATION_KIND_DELETE_EXPIRED:
      return "expired --delete";
    case pb::OPERATION_KIND_UPGRADE:
    case pb::OPERATION_KIND_DOWNGRADE:
    case pb::OPERATION_KIND_REPAIR:
    case pb::OPERATION_KIND_STAMP:
      return "schema " + EnumWord(kind);
    default:
      return EnumWord(kind);
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
    // Whoever plans has to compare these definitions one by one.
    bool all = note.kind() == pb::NOTE_KIND_PYTHON_FORMS;
    int shown = all ? note.records_size() : std::min(note.records_size(), kNamesShown);
    for (int i = 0; i < shown; ++i) console.talk() << "  " << Printable(note.records(i)) << '\n';
    int64_t rest = std::max<int64_t>(note.count(), note.records_size()) - shown;
    if (shown > 0 && rest > 0) console.talk() << "  … and " << rest << " more\n";
  }
}

void PrintVersionChange(std::ostream& talk, const pb::Versions& before, const pb::Versions& after) {
  // SQLMesh prints these values for a database without state.
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
  talk << "The previous state is restore point " << Printable(id) << ": stateclient restore "
       << Printable(id) << '\n';
}

std::string FormatTime(int64_t epoch_ms) {
  if (epoch_ms == 0) return "-";
  // Rounds down, so that times before 1970 do not round up.
  std::time_t seconds =
      static_cast<std::time_t>(epoch_ms >= 0 ? epoch_ms / 1000 : -((-epoch_ms + 999) / 1000));
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(epoch_ms);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

int64_t ToMilliseconds(const google::protobuf::Timestamp& time) {
  return TimeUtil::TimestampToMilliseconds(time);
}

google::protobuf::Timestamp TimestampOf(int64_t epoch_ms) {
  return TimeUtil::MillisecondsToTimestamp(epoch_ms);
}

google::protobuf::Duration DurationOf(int64_t milliseconds) {
  return TimeUtil::MillisecondsToDuration(milliseconds);
}

std::string FormatTime(const google::protobuf::Timestamp& time) {
  return FormatTime(ToMilliseconds(time));
}

std::string FormatSpan(int64_t milliseconds) {
  constexpr std::array<std::pair<int64_t, const char*>, 5> kUnits = {
      {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
  if (milliseconds < 0) return "-" + FormatSpan(-milliseconds);
  std::string out;
  int shown = 0;
  for (const auto& [size, unit] : kUnits) {
    if (shown == 2 || (milliseconds < size && shown == 0)) continue;
    if (milliseconds >= size) {
      if (!out.empty()) out += ' ';
      out += std::to_string(milliseconds / size) + unit;
    }
    milliseconds %= size;
    ++shown;
  }
  return out.empty() ? "0s" : out;
}

std::string FormatBytes(int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string FormatElapsed(int64_t seconds) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld",
                static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                static_cast<long long>(seconds % 60));
  return text.data();
}

std::string Count(int64_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string YesNo(bool value) { return value ? "yes" : "no"; }

void PrintFields(std::ostream& out, const FieldList& fields) {
  size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, DisplayWidth(name));
  for (const auto& [name, value] : fields) {
    out << name << ':' << std::string(width - DisplayWidth(name) + 2, ' ')
        << (value.empty() ? "-" : Printable(value)) << '\n';
  }
}

size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out) const {
  std::vector<std::string> titles;
  std::vector<size_t> widths;
  for (const Column& column : columns_) {
    titles.push_back(column.title);
    widths.push_back(DisplayWidth(column.title));
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  PrintRow(out, columns_, widths, titles);
  for (const auto& row : rows_) PrintRow(out, columns_, widths, row);
}

void PrintTree(std::ostream& out, std::string_view title, const std::vector<std::string>& leaves) {
  out << title << ":\n";
  for (size_t i = 0; i < leaves.size(); ++i) {
    out << (i + 1 < leaves.size() ? "├── " : "└── ") << Printable(leaves[i]) << '\n';
  }
}

}  // namespace stateserver::client
