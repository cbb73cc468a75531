// SPDX-License-Identifier: Apache-2.0
//
// The cases of engine_cases.jsonl: what a real engine shows for declarations.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/starrocks/ddl/rollups.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::schema::testing {

inline constexpr char kCaseDatabase[] = "harbor";

// EngineState is what the engine shows.
struct EngineState {
  bool refused = false;
  std::vector<std::string> shown;                      // CREATE statements
  std::map<std::string, std::vector<Rollup>> rollups;  // by table, with synchronous views
  std::vector<std::pair<std::string, std::string>> rollup_definitions;  // by name
};

struct EngineCase {
  std::string id;
  std::vector<std::string> from, to;
  bool has_to = false;
  EngineState engine_from, engine_to;
  std::set<std::string> refused;  // statements of earlier plans that the engine refused
  PlanOptions options;
};

inline std::vector<std::string> TextsOf(simdjson::dom::element line, std::string_view key) {
  std::vector<std::string> texts;
  simdjson::dom::array values;
  if (line[key].get(values) != simdjson::SUCCESS) return texts;
  for (simdjson::dom::element one : values) texts.emplace_back(std::string_view(one));
  return texts;
}

inline void ReadShown(const std::string& table, const std::string& text, EngineState* out) {
  constexpr std::string_view kRollups = "\n-- rollups: ";
  size_t comment = text.find(kRollups);
  out->shown.push_back(text.substr(0, comment));
  if (comment == text.npos) return;
  simdjson::dom::parser parser;
  std::string json = text.substr(comment + kRollups.size());
  simdjson::dom::object rollups = parser.parse(json).value();
  for (auto [name, columns] : rollups) {
    Rollup& rollup = out->rollups[table].emplace_back();
    rollup.name = std::string(name);
    for (simdjson::dom::element column : columns.get_array()) {
      rollup.columns.emplace_back(std::string_view(column.at(0)));
    }
  }
}

inline EngineState ReadState(simdjson::dom::element line, std::string_view key) {
  EngineState out;
  simdjson::dom::element state;
  if (line[key].get(state) != simdjson::SUCCESS) return out;
  simdjson::dom::object shown;
  out.refused = state["shown"].get(shown) != simdjson::SUCCESS;
  if (out.refused) return out;
  for (auto [name, text] : shown) {
    ReadShown(std::string(name), std::string(std::string_view(text)), &out);
  }
  simdjson::dom::array views;
  if (state["materialized_views"].get(views) != simdjson::SUCCESS) return out;
  for (simdjson::dom::element view : views) {
    if (std::string_view(view.at(1)) != "ROLLUP") continue;
    out.rollup_definitions.emplace_back(std::string_view(view.at(0)), std::string_view(view.at(2)));
  }
  return out;
}

inline std::vector<EngineCase> ReadEngineCases() {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/engine_cases.jsonl");
  std::vector<EngineCase> cases;
  simdjson::dom::parser parser;
  for (std::string text; std::getline(file, text);) {
    simdjson::dom::element line = parser.parse(text).value(), options;
    EngineCase one{
        TextOf(line, "id"), TextsOf(line, "from"), TextsOf(line, "to"), false, {}, {}, {}, {}};
    one.has_to = line["to"].error() == simdjson::SUCCESS;
    one.engine_from = ReadState(line, "engine_from");
    one.engine_to = ReadState(line, "engine_to");
    simdjson::dom::array found;
    if (line["found"].get(found) == simdjson::SUCCESS) {
      for (simdjson::dom::element fault : found) {
        if (TextOf(fault, "what") == "step refused by engine") {
          one.refused.insert(TextOf(fault, "statement"));
        }
      }
    }
    if (line["options"].get(options) == simdjson::SUCCESS) {
      one.options.partitions = options["partitions"].error() == simdjson::SUCCESS;
      simdjson::dom::object renames;
      if (options["rename"].get(renames) == simdjson::SUCCESS) {
        for (auto [name, new_name] : renames) {
          std::string path(name);
          size_t dot = path.find('.');
          one.options.renames.push_back(
              {path.substr(0, dot), path.substr(dot + 1), std::string(std::string_view(new_name))});
        }
      }
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

// Returns the objects, or nothing if a statement is not a declaration that can be read.
inline std::vector<Object> ReadStatements(const std::vector<std::string>& statements) {
  std::vector<Object> objects;
  for (const std::string& statement : statements) {
    ParsedScript script = ParseScript(statement, "case.sql", kCaseDatabase);
    if (!script.errors.empty() || script.objects.size() != 1) return {};
    objects.push_back(std::move(script.objects[0]));
  }
  return objects;
}

// Returns the live schema as an inspection reads it.
inline LiveSchema LiveOf(const EngineState& state) {
  LiveSchema live;
  live.engine.version = {4, 0, 2};
  live.database = kCaseDatabase;
  std::vector<std::string> statements = state.shown;
  std::set<std::string> synchronous;
  for (const auto& [name, definition] : state.rollup_definitions) {
    if (IsPlainRollup(name, definition)) continue;
    synchronous.insert(name);
    statements.push_back(definition);
  }
  for (Object& object : ReadStatements(statements)) {
    if (auto* table = std::get_if<Table>(&object.definition)) {
      auto found = state.rollups.find(object.name.name);
      if (found != state.rollups.end()) {
        for (const Rollup& rollup : found->second) {
          if (!synchronous.contains(rollup.name)) table->rollups.push_back(rollup);
        }
      }
    }
    live.objects.push_back({std::move(object), std::nullopt, ""});
  }
  return live;
}

// Returns true for the properties that the statements of `from` name, as if a revision had run
// them.
inline std::function<bool(const ObjectName&, const std::string&)> NamedBy(
    const std::vector<std::string>& statements) {
  auto named = std::make_shared<std::set<std::pair<std::string, std::string>>>();
  for (const Object& object : ReadStatements(statements)) {
    Properties properties;
    if (const auto* table = std::get_if<Table>(&object.definition)) properties = table->properties;
    if (const auto* view = std::get_if<MaterializedView>(&object.definition)) {
      properties = view->properties;
    }
    for (const auto& [key, value] : properties) named->emplace(object.name.name, key);
  }
  return [named](const ObjectName& name, const std::string& key) {
    return named->contains({name.name, key});
  };
}

}  // namespace stateserver::schema::testing
