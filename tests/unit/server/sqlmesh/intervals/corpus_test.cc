// SPDX-License-Identifier: Apache-2.0
//
// Recomputes the interval fields of every snapshot in every state file that
// SQLMesh exported from the databases of the corpus.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/time/cron.h"
#include "server/sqlmesh/time/time_like.h"

namespace stateserver::state {
namespace {

namespace fs = std::filesystem;
using Record = std::map<std::string, std::optional<std::string>>;
using NameVersion = std::pair<std::string, std::string>;

std::vector<std::string> Split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; (end = text.find(separator, begin)) != std::string::npos;) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string Unescape(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
    } else {
      const char next = text[++i];
      plain += next == 'n' ? '\n' : next == 't' ? '\t' : next;
    }
  }
  return plain;
}

// The rows of one table of a pg_dump file.
std::vector<Record> ReadTable(const fs::path& dump, const std::string& table) {
  std::vector<Record> records;
  std::ifstream file(dump);
  std::vector<std::string> columns;
  for (std::string line; std::getline(file, line);) {
    const std::string head = "COPY sqlmesh." + table + " (";
    if (line.rfind(head, 0) == 0) {
      columns = Split(line.substr(head.size(), line.find(')') - head.size()), ", ");
      continue;
    }
    if (columns.empty()) continue;
    if (line == "\\.") break;
    std::vector<std::string> values = Split(line, "\t");
    Record record;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (values[i] != "\\N") record[columns[i]] = Unescape(values[i]);
    }
    records.push_back(std::move(record));
  }
  return records;
}

std::optional<std::string_view> Text(const Record& record, const std::string& column) {
  auto found = record.find(column);
  if (found == record.end()) return std::nullopt;
  return *found->second;
}

int64_t Number(const Record& record, const std::string& column) {
  return std::stoll(std::string(Text(record, column).value()));
}

IntervalRow ToRow(const Record& record) {
  IntervalRow row;
  row.identifier = Text(record, "identifier");
  row.dev_version = Text(record, "dev_version");
  row.created_ts = Number(record, "created_ts");
  row.start_ts = Number(record, "start_ts");
  row.end_ts = Number(record, "end_ts");
  row.is_dev = Text(record, "is_dev") == "t";
  row.is_removed = Text(record, "is_removed") == "t";
  row.is_pending_restatement = Text(record, "is_pending_restatement") == "t";
  if (Text(record, "last_altered_ts")) row.last_altered_ts = Number(record, "last_altered_ts");
  return row;
}

// Everything of a database that the exported intervals depend on.
struct Database {
  std::vector<Record> intervals;
  std::vector<Record> snapshots;
  std::map<NameVersion, FoldedGroup> folded;

  explicit Database(const fs::path& dump)
      : intervals(ReadTable(dump, "_intervals")), snapshots(ReadTable(dump, "_snapshots")) {
    std::map<NameVersion, std::vector<IntervalRow>> groups;
    for (const Record& record : intervals) {
      groups[{*record.at("name"), *record.at("version")}].push_back(ToRow(record));
    }
    for (auto& [key, rows] : groups) {
      std::stable_sort(rows.begin(), rows.end(), [](const IntervalRow& a, const IntervalRow& b) {
        return std::tie(a.created_ts, a.is_removed, a.is_pending_restatement) <
               std::tie(b.created_ts, b.is_removed, b.is_pending_restatement);
      });
      folded[key] = FoldIntervals(rows);
    }
  }
};

std::optional<int64_t> OptionalInt(simdjson::dom::element object, const char* key) {
  int64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::string TextOr(simdjson::dom::element object, const char* key, const char* otherwise) {
  std::string_view value;
  return std::string(object[key].get(value) == simdjson::SUCCESS ? value : otherwise);
}

Intervals List(simdjson::dom::element snapshot, const char* key) {
  Intervals list;
  for (simdjson::dom::element pair : simdjson::dom::array(snapshot[key])) {
    list.push_back({int64_t(pair.at(0)), int64_t(pair.at(1))});
  }
  return list;
}

SnapshotIntervalLists Exported(simdjson::dom::element snapshot) {
  return {List(snapshot, "intervals"), List(snapshot, "dev_intervals"),
          List(snapshot, "pending_restatement_intervals"), OptionalInt(snapshot, "last_altered_ts"),
          OptionalInt(snapshot, "dev_last_altered_ts")};
}

SnapshotIntervalLists Recomputed(const Record& row, const Database& database, CronUnits& units) {
  simdjson::dom::parser parser;
  simdjson::dom::element stored = parser.parse(simdjson::padded_string(*row.at("snapshot")));
  simdjson::dom::element node = stored["node"];
  const std::string dev_version = TextOr(stored, "dev_version", "");
  SnapshotIntervalFacts facts;
  facts.identifier = *row.at("identifier");
  facts.dev_version = dev_version;
  const std::string effective_from = TextOr(stored, "effective_from", "0");
  facts.effective_from_ms = TimestampMs(effective_from).value();
  const std::string unit = TextOr(node, "interval_unit", "");
  facts.unit = unit.empty() ? units.Get(TextOr(node, "cron", "@daily")).value()
                            : IntervalUnitFromName(unit).value();
  bool partials = false;
  facts.allow_partials = node["allow_partials"].get(partials) == simdjson::SUCCESS && partials;
  facts.last_altered_ts = OptionalInt(stored, "last_altered_ts");
  facts.dev_last_altered_ts = OptionalInt(stored, "dev_last_altered_ts");
  auto group = database.folded.find({*row.at("name"), *row.at("version")});
  return AssignIntervals(group == database.folded.end() ? FoldedGroup() : group->second, facts);
}

std::string Key(simdjson::dom::element snapshot) {
  // The four parts of the fingerprint say which snapshot it is.
  std::stringstream key;
  key << std::string_view(snapshot["name"]) << simdjson::minify(snapshot["fingerprint"]);
  return key.str();
}

struct Case {
  fs::path dump;
  fs::path file;
};

// state_before.sql with the exports made from it, state_after.sql likewise.
std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const auto& release : fs::directory_iterator(TEST_DATA_DIR "/sqlmesh")) {
    if (!release.is_directory()) continue;
    for (const auto& entry : fs::directory_iterator(release.path())) {
      const std::string name = entry.path().filename();
      if (name.rfind("export_", 0) != 0 || entry.path().extension() != ".json") continue;
      if (name == "export_local.json") continue;  // from the project's files, not from a database
      const char* dump = name == "export_after.json" ? "state_after.sql" : "state_before.sql";
      cases.push_back({release.path() / dump, entry.path()});
    }
  }
  return cases;
}

TEST(IntervalsCorpus, EveryExportIsRecomputed) {
  size_t files = 0, snapshots = 0, with_intervals = 0, with_pending = 0, with_dev = 0;
  std::map<fs::path, Database> databases;
  CronUnits units;
  for (const Case& each : Cases()) {
    const Database& database = databases.try_emplace(each.dump, each.dump).first->second;
    std::map<std::string, const Record*> by_key;
    simdjson::dom::parser row_parser;
    for (const Record& row : database.snapshots) {
      by_key[Key(row_parser.parse(simdjson::padded_string(*row.at("snapshot"))))] = &row;
    }
    simdjson::dom::parser parser;
    simdjson::dom::element document = parser.load(each.file.string());
    for (simdjson::dom::element snapshot : simdjson::dom::array(document["snapshots"])) {
      const SnapshotIntervalLists want = Exported(snapshot);
      const SnapshotIntervalLists got = Recomputed(*by_key.at(Key(snapshot)), database, units);
      EXPECT_EQ(got, want) << each.file << " " << std::string_view(snapshot["name"]);
      ++snapshots;
      with_intervals += want.intervals.empty() ? 0 : 1;
      with_dev += want.dev_intervals.empty() ? 0 : 1;
      with_pending += want.pending_restatement_intervals.empty() ? 0 : 1;
    }
    ++files;
  }
  // 5 releases with exports before migration, 8 after: a corpus that went
  // missing must not pass.
  EXPECT_GE(files, 33u);
  EXPECT_GT(snapshots, 1000u);
  EXPECT_GT(with_intervals, 500u);
  EXPECT_GT(with_dev, 100u);
  EXPECT_GT(with_pending, 10u);
  std::cout << files << " files, " << snapshots << " snapshots (" << with_intervals
            << " with intervals, " << with_dev << " dev, " << with_pending << " pending)\n";
}

}  // namespace
}  // namespace stateserver::state
