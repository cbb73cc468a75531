// SPDX-License-Identifier: Apache-2.0
//
// The recorded answers of tests/data/starrocks against those of Apply.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text.h"
#include "server/starrocks/apply/apply.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::apply::testing {

using schema::testing::TextOf;

// The front end of the recordings.
inline const schema::Engine kEngine{{4, 0, 2}, schema::RunMode::kSharedNothing};

inline void EachLine(const std::string& name,
                     const std::function<void(simdjson::dom::element)>& visit) {
  std::ifstream file(std::string(TEST_DATA_DIR) + "/starrocks/" + name);
  simdjson::dom::parser parser;
  size_t lines = 0;
  for (std::string text; std::getline(file, text); ++lines) visit(parser.parse(text).value());
  EXPECT_GT(lines, 0U) << name;
}

inline std::vector<std::string> TextsOf(simdjson::dom::element line, std::string_view key) {
  std::vector<std::string> texts;
  simdjson::dom::array array;
  if (line[key].get(array) != simdjson::SUCCESS) return texts;
  for (simdjson::dom::element one : array) texts.emplace_back(std::string_view(one));
  return texts;
}

// Removes positions, which depend on the white space of a statement.
inline std::string WithoutPositions(const std::string& message) {
  static const std::regex kPlace(
      "^(Getting (?:analyzing|syntax) error)(?: from line \\d+, column \\d+ to line \\d+, column "
      "\\d+| at line \\d+, column \\d+)");
  return std::regex_replace(message, kPlace, "$1");
}

// Tally counts how Apply's verdicts compare with the engine's answers, and prints those that do not
// agree.
class Tally {
 public:
  explicit Tally(std::string name) : name_(std::move(name)) {}
  ~Tally() {
    std::cout << name_ << ": " << agree << " agree, " << unknown << " unknown, " << words
              << " refused in other words, " << taken << " taken though refused, " << refused
              << " refused though taken\n";
    for (const auto& [evidence, count] : evidence_) {
      std::cout << "  refusals by " << evidence << ": " << count << "\n";
    }
    for (const auto& [reason, count] : reasons_) {
      std::cout << "  unknown: " << reason << ": " << count << "\n";
    }
  }

  // `message` is the engine's refusal, or nullopt if it took the statement.
  void Compare(const std::string& where, const std::string& statement, const Verdict& verdict,
               const std::optional<std::string>& message) {
    auto report = [&](std::string_view what) {
      std::cout << "  " << what << " " << where << ": " << statement.substr(0, 300)
                << "\n    apply: " << verdict.words
                << "\n    engine: " << message.value_or("(taken)") << "\n";
    };
    if (verdict.unknown()) {
      ++unknown;
      ++reasons_[verdict.words];
      if (message) ++unknown_refused;
      if (std::getenv("APPLY_UNKNOWN") != nullptr) report("unknown");
    } else if (verdict.refused() && !message) {
      ++refused;
      report("REFUSED");
    } else if (verdict.taken() && message) {
      ++taken;
      report("TAKEN");
    } else if (message && !SameWords(verdict.words, *message)) {
      ++words;
      report("words of");
    } else {
      ++agree;
      if (message) ++evidence_[verdict.evidence];
    }
  }

  // Returns the row of the file in docs/starrocks.md: how many answers there are, how many of them
  // Apply takes, refuses by each evidence in the engine's words, and does not know.
  std::string Row() const {
    int refusals = 0;
    for (const auto& [evidence, count] : evidence_) refusals += count;
    auto by = [&](std::string_view evidence) {
      auto found = evidence_.find(std::string(evidence));
      return found == evidence_.end() ? 0 : found->second;
    };
    return Cat("| ", name_, " | ", agree + unknown, " | ", agree - refusals, " | ",
               by(kMeasured402), " | ", by(kMeasured40), " | ", unknown, " |\n");
  }

  int agree = 0, unknown = 0, unknown_refused = 0, words = 0, taken = 0, refused = 0;

 private:
  // Object ids and the text of CREATE MATERIALIZED VIEW are left out.
  static bool SameWords(const std::string& ours, const std::string& recorded) {
    // Some plans ran in databases of other names.
    static const std::regex kDatabase("database: cy[a-z]_a\\b");
    std::string message =
        std::regex_replace(WithoutPositions(recorded), kDatabase, "database: rec_a");
    if (ours == message) return true;
    if (ours.starts_with("Colocate ")) return message.starts_with(ours);
    if (ours.find("AggStateType") != ours.npos) return message.starts_with(ours);
    size_t gap = ours.find("…"), length = std::string_view("…").size();
    if (gap == ours.npos) return false;
    return message.starts_with(ours.substr(0, gap)) && message.ends_with(ours.substr(gap + length));
  }

  const std::string name_;
  std::map<std::string, int> evidence_, reasons_;
};

inline Verdict Step(const std::string& statement, Catalog* catalog) {
  Applied applied = Apply(ParseStatement(statement), std::move(*catalog), kEngine);
  *catalog = std::move(applied.after);
  return applied.verdict;
}

inline Catalog EmptyCatalog(std::string database) {
  Catalog catalog;
  catalog.database = std::move(database);
  return catalog;
}

}  // namespace stateserver::apply::testing
