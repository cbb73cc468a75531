// SPDX-License-Identifier: Apache-2.0
//
// The StarRocks corpus of tests/data/starrocks, line by line.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
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

}  // namespace stateserver::schema::testing
