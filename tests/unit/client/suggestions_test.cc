// SPDX-License-Identifier: Apache-2.0
//
// The commands that stateclient adds to the hints of errors.
#include "client/suggestions.h"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "client/cli/command.h"
#include "client/errors.h"
#include "client/settings/settings.h"
#include "gtest/gtest.h"

namespace stateserver::client {
namespace {

// An error that the row is for.
absl::Status ErrorOf(const Suggestion& row) {
  Facts facts;
  if (!row.fact.empty()) {
    facts[std::string(row.fact)] = row.value.empty() ? "some-value" : std::string(row.value);
  }
  return Error(row.reason, "It failed.", "Do this.", facts);
}

// Returns what stands between backticks.
std::vector<std::string> QuotedParts(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = text.find('`'); at != text.npos;) {
    size_t end = text.find('`', at + 1);
    parts.emplace_back(text.substr(at + 1, end - at - 1));
    at = end == text.npos ? end : text.find('`', end + 1);
  }
  return parts;
}

std::set<std::string> FlagsOf(const Command& command) {
  std::set<std::string> flags;
  if (command.define != nullptr) {
    Arguments arguments;
    command.define(arguments);
    for (const Argument& argument : arguments.all()) {
      flags.insert(argument.names.begin(), argument.names.end());
    }
  }
  for (const Command& one : command.subcommands) flags.merge(FlagsOf(one));
  return flags;
}

std::set<std::string> AllFlags() {
  std::set<std::string> flags;
  for (const Command& command : CommandTable()) flags.merge(FlagsOf(command));
  for (const SettingKey& key : SettingKeys()) flags.insert(FlagOf(key.key));
  return flags;
}

// Returns what does not exist in "stateclient schema repair --assume done", or in a part that
// begins with a flag.
std::optional<std::string> FindUnknown(const std::string& part) {
  std::istringstream words(part);
  std::string word;
  std::set<std::string> flags = AllFlags();
  if (part.starts_with("stateclient ")) {
    words >> word >> word;
    std::span<const Command> table = CommandTable();
    auto named = [&word](const Command& one) { return one.name == word; };
    auto command = std::find_if(table.begin(), table.end(), named);
    if (command == table.end()) return word;
    if (!command->subcommands.empty()) {
      const Command& parent = *command;
      words >> word;
      auto below = std::find_if(parent.subcommands.begin(), parent.subcommands.end(), named);
      if (below == parent.subcommands.end()) return word;
      flags = FlagsOf(*below);
    } else {
      flags = FlagsOf(*command);
    }
  } else if (!part.starts_with("--")) {
    return part;
  }
  while (words >> word) {
    if (word.starts_with("-") && !flags.contains(word)) return word;
  }
  return std::nullopt;
}

TEST(SuggestionsTest, EachRowIsASentenceThatAnErrorGets) {
  for (const Suggestion& row : SuggestionTable()) {
    absl::Status status = ErrorOf(row);
    std::string said = SuggestionFor(status);
    std::string expected(row.text);
    std::string mark = "{" + std::string(row.fact) + "}";
    if (size_t at = expected.find(mark); at != expected.npos) {
      expected.replace(at, mark.size(), "some-value");
    }
    EXPECT_EQ(said, expected) << ReasonName(row.reason);
    EXPECT_TRUE(said.ends_with('.')) << said;
    EXPECT_EQ(said.find('{'), said.npos) << said;
    EXPECT_EQ(Describe(status).hint, "Do this. " + said);
    EXPECT_EQ(Describe(Error(row.reason, "It failed.", "", FactsOf(status))).hint, said);
  }
}

TEST(SuggestionsTest, EachNamedCommandAndFlagExists) {
  for (const Suggestion& row : SuggestionTable()) {
    std::vector<std::string> parts = QuotedParts(row.text);
    EXPECT_FALSE(parts.empty()) << row.text;
    for (const std::string& part : parts) {
      EXPECT_EQ(FindUnknown(part), std::nullopt) << row.text;
    }
  }
  EXPECT_EQ(FindUnknown("stateclient schema mend"), "mend");
  EXPECT_EQ(FindUnknown("stateclient migrate --replace"), "--replace");
  EXPECT_EQ(FindUnknown("--nonsense"), "--nonsense");
}

TEST(SuggestionsTest, FactsDecide) {
  auto suggestion = [](Reason reason, Facts facts) {
    return SuggestionFor(Error(reason, "It failed.", "", std::move(facts)));
  };
  EXPECT_EQ(suggestion(Reason::OPERATION_RUNNING, {{"operation", "op-1"}}),
            "`stateclient operation op-1 --watch` waits for its end.");
  EXPECT_EQ(suggestion(Reason::OPERATION_RUNNING, {}), "");
  EXPECT_EQ(suggestion(Reason::ARGUMENT_INVALID, {{"field", "page_token"}}), "");
  EXPECT_EQ(suggestion(Reason::STATE_CORRUPT, {}), "");
  EXPECT_NE(suggestion(Reason::VERSION_TABLE_DIFFERS, {{"alembic", "a"}, {"journal", ""}}),
            suggestion(Reason::VERSION_TABLE_DIFFERS, {{"alembic", "a"}, {"journal", "b"}}));
}

TEST(SuggestionsTest, OtherErrorsGetNone) {
  EXPECT_EQ(SuggestionFor(absl::OkStatus()), "");
  EXPECT_EQ(Describe(Error(Reason::LOCK_TIMEOUT, "It is held.", "Wait.")).hint, "Wait.");
  // Carried as OPERATION_NOT_FOUND.
  EXPECT_EQ(Describe(ClientError(ClientReason::INPUT_FILE_MISSING, "No such file.")).hint, "");
}

}  // namespace
}  // namespace stateserver::client
