// SPDX-License-Identifier: Apache-2.0
//
// The queries of tests/data/starrocks that an engine printed as views.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/starrocks/ddl/script.h"
#include "server/starrocks/query/columns.h"

namespace stateserver::schema::query::testing {

constexpr char kDatabase[] = "vq";

struct EngineView {
  std::string query;
  std::string shown, definition;                             // empty if the engine refused it
  std::vector<std::pair<std::string, std::string>> columns;  // name, type
};

// Returns the text with the database's name in place of `DB`.
inline std::string WithDatabase(std::string_view text) {
  std::string out(text);
  for (size_t at = 0; (at = out.find("`DB`", at)) != out.npos;) out.replace(at, 4, "`vq`");
  return out;
}

inline std::string TextOf(simdjson::dom::element line, std::string_view key) {
  std::string_view text;
  return line[key].get(text) == simdjson::SUCCESS ? WithDatabase(text) : "";
}

// EngineViews holds the recorded queries and the tables that they read.
class EngineViews {
 public:
  EngineViews() {
    std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/engine_views.jsonl");
    simdjson::dom::parser parser;
    for (std::string text; std::getline(file, text);) {
      simdjson::dom::element line = parser.parse(text).value();
      simdjson::dom::array setup;
      if (line["setup"].get(setup) == simdjson::SUCCESS) {
        for (simdjson::dom::element statement : setup) {
          script_ += std::string(std::string_view(statement)) + ";\n";
        }
        continue;
      }
      EngineView view{TextOf(line, "query"), TextOf(line, "shown"), TextOf(line, "definition"), {}};
      simdjson::dom::array columns;
      if (line["columns"].get(columns) == simdjson::SUCCESS) {
        for (simdjson::dom::element column : columns) {
          view.columns.emplace_back(std::string_view(column.at(0)), std::string_view(column.at(1)));
        }
      }
      const size_t query = view.shown.find(" AS ");
      if (query != view.shown.npos) view.shown = view.shown.substr(query + 4);
      if (view.shown.ends_with(';')) view.shown.pop_back();
      views_.push_back(std::move(view));
    }
    tables_ = ParseScript(script_, "setup", kDatabase);
    EXPECT_TRUE(tables_.errors.empty());
    for (const Object& object : tables_.objects) source_.Add(object);
  }

  const std::vector<EngineView>& views() const { return views_; }
  SchemaColumns& source() { return source_; }

 private:
  std::string script_;
  ParsedScript tables_;
  SchemaColumns source_;
  std::vector<EngineView> views_;
};

}  // namespace stateserver::schema::query::testing
