// SPDX-License-Identifier: Apache-2.0
//
// Answers questions about the rules in server/sqlmesh/records, for the property tests that
// compare them with the real SQLMesh: one JSON object per line on stdin, one JSON
// value per line on stdout (null: not supported).
#include <simdjson.h>

#include <iostream>
#include <map>
#include <string>

#include "common/json/text.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/intervals/wire.h"
#include "server/sqlmesh/records/environment_name.h"
#include "server/sqlmesh/seed/seed_hashes.h"
#include "server/sqlmesh/time/cron.h"
#include "server/sqlmesh/time/time_like.h"

namespace stateserver::state {
namespace {

using Question = simdjson::dom::element;

std::string_view Text(Question question, const char* key) { return question[key]; }
int64_t Number(Question question, const char* key) { return question[key]; }

std::optional<int64_t> OptionalNumber(Question question, const char* key) {
  int64_t value = 0;
  if (question[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::string Quoted(std::string_view text) {
  std::string json;
  json::AppendQuoted(text, json::Charset::kUtf8, &json);
  return json;
}

std::string OrNull(std::optional<int64_t> value) { return value ? std::to_string(*value) : "null"; }

std::string ToJson(const Intervals& list) {
  std::string json = "[";
  for (const Interval& range : list) {
    if (json.size() > 1) json += ",";
    json += "[" + std::to_string(range.start) + "," + std::to_string(range.end) + "]";
  }
  return json + "]";
}

std::string Cron(Question question) {
  const std::optional<IntervalUnit> unit = IntervalUnitFromCron(Text(question, "cron"));
  return unit ? Quoted(IntervalUnitName(*unit)) : "null";
}

std::string Ttl(Question question) {
  return OrNull(TtlMs(Text(question, "ttl"), Number(question, "updated_ts")));
}

std::string Timestamp(Question question) {
  int64_t number = 0;
  if (question["value"].get(number) == simdjson::SUCCESS) {
    return std::to_string(TimestampMs(number));
  }
  return OrNull(TimestampMs(Text(question, "value")));
}

std::string Align(Question question) {
  const Interval inside = AlignInside({Number(question, "start"), Number(question, "end")},
                                      IntervalUnitFromName(Text(question, "unit")).value(),
                                      bool(question["allow_partials"]));
  return ToJson({inside});
}

std::string IntervalsSql(Question question) {
  return Quoted(AggregatedIntervalsSql(static_cast<int>(Number(question, "schema_version")),
                                       Text(question, "alias")));
}

// The lists of one snapshot from its version's rows in wire form.
std::string Assign(Question question) {
  std::vector<IntervalRow> rows;
  if (!ParseAggregatedIntervals(Text(question, "rows"), &rows)) return "\"malformed\"";
  SnapshotIntervalFacts facts;
  facts.identifier = Text(question, "identifier");
  facts.dev_version = Text(question, "dev_version");
  facts.effective_from_ms = Number(question, "effective_from");
  facts.unit = IntervalUnitFromName(Text(question, "unit")).value();
  facts.allow_partials = bool(question["allow_partials"]);
  facts.last_altered_ts = OptionalNumber(question, "last_altered_ts");
  facts.dev_last_altered_ts = OptionalNumber(question, "dev_last_altered_ts");
  const SnapshotIntervalLists lists = AssignIntervals(FoldIntervals(rows), facts);
  return "[" + ToJson(lists.intervals) + "," + ToJson(lists.dev_intervals) + "," +
         ToJson(lists.pending_restatement_intervals) + "," + OrNull(lists.last_altered_ts) + "," +
         OrNull(lists.dev_last_altered_ts) + "]";
}

std::optional<std::string> OptionalText(Question object, const char* key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return std::string(value);
}

std::optional<bool> OptionalBool(Question object, const char* key) {
  bool value = false;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

CsvSettings Settings(Question object) {
  CsvSettings settings;
  settings.delimiter = OptionalText(object, "delimiter");
  settings.quotechar = OptionalText(object, "quotechar");
  settings.doublequote = OptionalBool(object, "doublequote");
  settings.escapechar = OptionalText(object, "escapechar");
  settings.skipinitialspace = OptionalBool(object, "skipinitialspace");
  settings.lineterminator = OptionalText(object, "lineterminator");
  settings.encoding = OptionalText(object, "encoding");
  settings.keep_default_na = OptionalBool(object, "keep_default_na");
  simdjson::dom::element values;
  if (object["na_values"].get(values) != simdjson::SUCCESS) return settings;
  settings.na_values.emplace();
  simdjson::dom::array list;
  if (values.get(list) != simdjson::SUCCESS) {
    settings.na_values_not_texts = true;
    return settings;
  }
  for (Question value : list) {
    std::string_view text;
    const bool is_text = value.get(text) == simdjson::SUCCESS;
    settings.na_values_not_texts |= !is_text;
    if (is_text) settings.na_values->emplace_back(text);
  }
  return settings;
}

// {"column_hashes": [[name, hash], …], "types": [[name, type], …]} or null.
std::string Seed(Question question) {
  std::string reason;
  const std::optional<SeedHashes> hashes =
      ComputeSeedHashes(Text(question, "content"), Settings(question["settings"]),
                        Text(question, "dialect"), &reason);
  if (!hashes) return "null";
  auto pairs = [](const std::vector<std::pair<std::string, std::string>>& list) {
    std::string json = "[";
    for (const auto& [name, value] : list) {
      json += json.size() > 1 ? ",[" : "[";
      json += Quoted(name) + "," + Quoted(value) + "]";
    }
    return json + "]";
  };
  return "{\"column_hashes\":" + pairs(hashes->column_hashes) +
         ",\"types\":" + pairs(hashes->derived_columns_to_types) + "}";
}

std::string EnvironmentName(Question question) {
  return Quoted(SanitizedEnvironmentName(Text(question, "name")));
}

int Run() {
  const std::map<std::string, std::string (*)(Question), std::less<>> answers = {
      {"cron", Cron},           {"ttl", Ttl},
      {"timestamp", Timestamp}, {"align", Align},
      {"assign", Assign},       {"intervals_sql", IntervalsSql},
      {"seed", Seed},           {"environment_name", EnvironmentName},
  };
  simdjson::dom::parser parser;
  for (std::string line; std::getline(std::cin, line);) {
    const Question question = parser.parse(line);
    std::cout << answers.at(std::string(Text(question, "op")))(question) << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace stateserver::state

int main() { return stateserver::state::Run(); }
