// SPDX-License-Identifier: Apache-2.0
//
// The StarRocks corpus of tests/data/starrocks, line by line.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::schema::testing {

struct Line {
  std::string id, feature, sql, expect;  // of ddl.jsonl
  std::string ddl, kind, show_create;    // of show_create.jsonl; no text for null
};

inline std::string TextOf(simdjson::dom::element line, std::string_view key) {
  std::string_view text;
  return line[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

inline std::vector<Line> ReadLines(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/" + name);
  std::vector<Line> lines;
  simdjson::dom::parser parser;
  for (std::string text; std::getline(file, text);) {
    simdjson::dom::element line = parser.parse(text).value();
    lines.push_back({TextOf(line, "id"), TextOf(line, "feature"), TextOf(line, "sql"),
                     TextOf(line, "expect"), TextOf(line, "ddl"), TextOf(line, "kind"),
                     TextOf(line, "show_create")});
  }
  EXPECT_FALSE(lines.empty()) << name;
  return lines;
}

// DeclaredCase is one side of a line of engine_cases.jsonl that the engine accepted.
struct DeclaredCase {
  std::string id;                            // "bloom-add to"
  std::string declared;                      // all statements as one script
  std::map<std::string, std::string> shown;  // by name, without the comment on rollups
  // The columns of each rollup and synchronous materialized view, by table and name.
  std::map<std::string, std::map<std::string, std::vector<std::string>>> rollups;
  // The definitions of synchronous materialized views and rollups, by name.
  std::map<std::string, std::string> synchronous;
};

inline void ReadShown(simdjson::dom::object shown, DeclaredCase* out) {
  constexpr std::string_view kRollups = "\n-- rollups: ";
  for (auto [name, printed] : shown) {
    std::string text(printed.get_string().value()), table(name);
    if (size_t at = text.find(kRollups); at != text.npos) {
      simdjson::dom::parser parser;
      std::string list = text.substr(at + kRollups.size());
      for (auto [rollup, columns] : parser.parse(list).get_object()) {
        for (simdjson::dom::array column : columns.get_array()) {
          out->rollups[table][std::string(rollup)].emplace_back(column.at(0).get_string().value());
        }
      }
      text.resize(at);
    }
    // The records omit the database.
    constexpr std::string_view kCatalog = "default_catalog.";
    for (size_t at = 0; (at = text.find(kCatalog, at)) != text.npos;) {
      at += kCatalog.size();
      text.insert(at, "db1.");
    }
    out->shown[table] = text;
  }
}

// Returns both sides of every line, except for those that the engine refused.
inline std::vector<DeclaredCase> ReadDeclaredCases() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/engine_cases.jsonl");
  std::vector<DeclaredCase> cases;
  simdjson::dom::parser parser;
  for (std::string text; std::getline(file, text);) {
    simdjson::dom::element line = parser.parse(text).value();
    for (std::string side : {"from", "to"}) {
      simdjson::dom::object engine, shown;
      if (line["engine_" + side].get(engine) != simdjson::SUCCESS ||
          engine["shown"].get(shown) != simdjson::SUCCESS) {
        continue;
      }
      DeclaredCase& one = cases.emplace_back();
      one.id = TextOf(line, "id") + " " + side;
      for (std::string_view statement : line[side].get_array()) {
        one.declared.append(statement).append(";\n");
      }
      ReadShown(shown, &one);
      simdjson::dom::array views;
      if (engine["materialized_views"].get(views) != simdjson::SUCCESS) continue;
      for (simdjson::dom::array view : views) {
        if (view.at(1).get_string().value() != "ROLLUP") continue;
        one.synchronous[std::string(view.at(0).get_string().value())] =
            view.at(2).get_string().value();
      }
    }
  }
  EXPECT_FALSE(cases.empty());
  return cases;
}

}  // namespace stateserver::schema::testing
