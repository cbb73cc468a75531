// SPDX-License-Identifier: Apache-2.0
//
// No command lets text of a server, a state file or a revision control the terminal.
#include <map>
#include <regex>
#include <set>

#include "client/cli/command.h"
#include "client/cli/output/screen.h"
#include "common/json/text.h"
#include "simdjson.h"
#include "stateserver/v1/schema.pb.h"
#include "stateserver/v1/state.pb.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/hostile_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

using Line = std::vector<std::string>;

// Colours, bars and `top` as the client itself draws them.
std::string WithoutOwnControls(const std::string& text) {
  static const std::regex own(
      "\x1b\\[(0|1|2|31|32|33|1;34)m|\x1b\\[[0-9]+A|\x1b\\[\\?7[lh]"
      "|\x1b\\[[KJH]|\r");
  return std::regex_replace(text, own, "");
}

// What Printable() changes in a line, "" if nothing.
std::string Unprintable(const std::string& text) {
  if (text.find("\rb") != text.npos) return "a carriage return";
  std::istringstream lines(WithoutOwnControls(text));
  for (std::string line; std::getline(lines, line);) {
    std::erase(line, '\t');
    if (Printable(line) != line) return json::Quoted(line);
  }
  return "";
}

class HostileTextTest : public testing::TestWithParam<bool> {
 protected:
  HostileTextTest() {
    run.env["STATESERVER_SERVER"] = server.address();
    run.env["XDG_CONFIG_HOME"] = scratch.path().string();
    run.terminal = GetParam();
    std::filesystem::current_path(scratch.path());
    std::filesystem::create_directories("schema");
    std::filesystem::create_directories("revisions");
    scratch.Write("schema/a.sql", "CREATE TABLE a (id INT);\n");
    scratch.Write("revisions/1_a.sql", "-- revision: a1\n-- down_revision:\n-- message: " +
                                           std::string("x\xc2\x9by\xe2\x80\xaez\x07") +
                                           "\n-- created: 2026-11-22T10:03:00Z\n\n-- +upgrade\n"
                                           "CREATE TABLE a (id INT COMMENT '\x1b[8m\xc2\x9b');\n"
                                           "-- +downgrade\nDROP TABLE a;\n");
    std::string file = ExportedFile();
    file.insert(file.find("\"importable\""), "\"gateway\": " + json::Quoted(kHostileText) + ",\n");
    scratch.Write("in.json", file);
  }
  ~HostileTextTest() override { std::filesystem::current_path("/"); }

  void Check(const Line& line) {
    std::string words;
    for (const std::string& word : line) words += word + " ";
    for (bool fail : {false, true}) {
      server.FailCalls(fail);
      run.input = "y\ny\n";
      RunResult result = run(line);
      EXPECT_EQ(Unprintable(result.out), "") << words << "to standard output";
      EXPECT_EQ(Unprintable(result.err), "") << words << "to standard error";
    }
  }

  HostileServer server;
  Scratch scratch;
  Runner run;
};

// The lines of each command; every command has one.
std::map<std::string, std::vector<Line>> Lines() {
  const std::string id = "aaaaaaaa-7425-40de-944b-e07fc1f90ae7";
  return {
      {"export", {{"-o", "out.json"}, {"--environment", kHostileText, "-o", "out.json"}}},
      {"import", {{"-i", "in.json"}, {"--replace", "-i", "in.json"}, {"-i", kHostileText}}},
      {"migrate", {{}, {"--dry-run"}}},
      {"rollback", {{}, {"--dry-run"}}},
      {"upgrade-file", {{"-i", "in.json", "-o", "new.json"}}},
      {"compact", {{}}},
      {"expired", {{}, {"--delete"}}},
      {"check", {{}}},
      {"versions", {{}}},
      {"gateways", {{}}},
      {"environments", {{}}},
      {"environment", {{kHostileText}}},
      {"snapshots", {{}}},
      {"snapshot", {{kHostileText}}},
      {"diff", {{"a", kHostileText}}},
      {"stats", {{}}},
      {"health", {{}}},
      {"operations", {{}}},
      {"operation", {{id}, {kHostileText}}},
      {"top", {{"--once"}}},
      {"audit", {{}}},
      {"restore-points", {{}}},
      {"restore", {{id}, {kHostileText}}},
      {"doctor", {{}}},
      {"completion", {{"bash"}, {kHostileText}}},
      {"manual", {{}}},
      {"help", {{}, {kHostileText}}},
      {"context set", {{"a", "--server", kHostileText}}},
      {"context list", {{}}},
      {"context use", {{kHostileText}}},
      {"context show", {{}}},
      {"context remove", {{kHostileText}}},
      {"schema init", {{"new"}, {"taken", "--from-alembic"}}},
      {"schema inspect", {{}, {"--as", "sql", "-o", "folder"}}},
      {"schema diff", {{}, {"--deny", "destructive", "--verbose"}}},
      {"schema check", {{}, {"--drift"}, {"--drift", "--adopt"}}},
      {"schema revision", {{"--autogenerate"}, {"--autogenerate", "--skip-refused"}}},
      {"schema merge", {{"a1", kHostileText}}},
      {"schema upgrade", {{"head"}, {"head", "--dry-run"}, {kHostileText}}},
      {"schema downgrade", {{"base"}}},
      {"schema repair", {{}}},
      {"schema current", {{}}},
      {"schema heads", {{}}},
      {"schema history", {{}, {"--runs"}, {"--offline"}}},
      {"schema show", {{"head"}}},
      {"schema stamp", {{"a1"}}},
  };
}

// Those that print a whole file, which is exact unless a terminal shows it.
std::map<std::string, std::vector<Line>> Files() {
  return {{"audit", {{"--json-lines"}}},
          {"schema inspect", {{"--as", "sql"}, {"--as", "models"}}},
          {"schema revision", {{"--autogenerate", "--sql-only"}}},
          {"schema upgrade", {{"head", "--sql"}}},
          {"schema check", {{"--drift", "--revert"}}},
          {"schema show", {{"head", "--as", "alembic"}}}};
}

Line Joined(const std::string& command, const Line& rest) {
  std::istringstream words(command);
  Line line;
  for (std::string word; words >> word;) line.push_back(word);
  line.insert(line.end(), rest.begin(), rest.end());
  return line;
}

void AddNames(const Command& command, const std::string& before, std::set<std::string>* names) {
  std::string name = before + std::string(command.name);
  if (command.subcommands.empty()) names->insert(name);
  for (const Command& sub : command.subcommands) AddNames(sub, name + " ", names);
}

TEST_P(HostileTextTest, NoCommandPrintsIt) {
  auto lines = Lines();
  std::set<std::string> names;
  for (const Command& command : CommandTable()) AddNames(command, "", &names);
  for (const std::string& name : names) {
    EXPECT_TRUE(lines.contains(name)) << name << " is not tested";
  }
  for (const auto& [command, rests] : lines) {
    for (const Line& rest : rests) Check(Joined(command, rest));
  }
  if (!GetParam()) return;
  for (const auto& [command, rests] : Files()) {
    for (const Line& rest : rests) Check(Joined(command, rest));
  }
}

// Otherwise the test above would prove nothing.
TEST_P(HostileTextTest, WhatIsHarmlessOfItIsPrinted) {
  for (const char* command :
       {"versions", "gateways", "environments", "snapshots", "stats", "top", "audit", "operations",
        "restore-points", "schema inspect", "schema diff", "schema current", "doctor"}) {
    Line line = Joined(command, {});
    if (line[0] == "top") line.emplace_back("--once");
    RunResult result = run(line);
    EXPECT_NE(result.out.find("31mc"), std::string::npos) << command << result.err;
  }
  server.FailCalls(true);
  EXPECT_NE(run({"environments"}).err.find("31mc"), std::string::npos);
  EXPECT_EQ(run({"schema", "show", "head"}).exit_code, 0);
  EXPECT_NE(run({"schema", "heads"}).out.find("x?y?z?"), std::string::npos);
}

TEST_P(HostileTextTest, JsonKeepsItsMeaning) {
  run.env["STATESERVER_FORMAT"] = "json";
  std::string json = run({"environments"}).out;
  simdjson::dom::parser parser;
  std::string_view name;
  ASSERT_EQ(parser.parse(json).at_pointer("/environments/0/name").get(name), simdjson::SUCCESS);
  EXPECT_EQ(name, kHostileText);
  if (GetParam()) {
    EXPECT_EQ(Unprintable(json), "");
    server.FailCalls(true);
    std::string error = run({"environments"}).err;
    EXPECT_EQ(Unprintable(error), "");
    ASSERT_EQ(parser.parse(error).at_pointer("/error/message").get(name), simdjson::SUCCESS);
    EXPECT_EQ(name, kHostileText);
  } else {
    EXPECT_NE(json.find("\xc2\x9b"), std::string::npos) << "the bytes are as ever in a pipe";
  }
}

TEST_P(HostileTextTest, FilesAreExactInAPipe) {
  pb::GenerateResponse piece;
  piece.mutable_file()->set_name("schema.sql");
  piece.mutable_file()->set_text(kHostileText);
  server.Answer("Generate", {&piece});
  std::string out = run({"schema", "inspect", "--as", "sql"}).out;
  EXPECT_EQ(out == kHostileText, !GetParam()) << json::Quoted(out);
}

INSTANTIATE_TEST_SUITE_P(Terminal, HostileTextTest, testing::Bool());

TEST(PrintableTest, ReplacesControlsAndKeepsUnicode) {
  EXPECT_EQ(Printable("größe 表 👩‍🚀 \xc2\xa0"), "größe 表 👩‍🚀 \xc2\xa0");
  EXPECT_EQ(Printable("a\x1b\n\t\x7f"), "a????");
  EXPECT_EQ(Printable(std::string("\0", 1)), "?");
  EXPECT_EQ(Printable("\xc2\x80\xc2\x9b\xc2\x9f"), "???");
  EXPECT_EQ(Printable("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xae"), "?????");
  EXPECT_EQ(Printable("\xe2\x81\xa6\xe2\x81\xa9"), "??");
  // Alone, overlong, a surrogate, too large, cut off.
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(Printable("\x9b"), bad);
  EXPECT_EQ(Printable("\xc0\x9b"), bad + bad);
  EXPECT_EQ(Printable("\xed\xa0\x80"), bad + bad + bad);
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(Printable("x\xe2\x80"), "x" + bad + bad);
}

TEST(ScreenBufferTest, KeepsOnlyOwnControls) {
  std::stringbuf sink;
  ScreenBuffer buffer(&sink, ScreenBuffer::Form::kText);
  std::ostream out(&buffer);
  out << OwnControls("\x1b[31m") << "red\n\t" << '\x1b' << "[31m\r\xc2" << '\x9b' << std::flush;
  EXPECT_EQ(sink.str(), "\x1b[31mred\n\t?[31m?\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_TRUE(out.good());
}

TEST(ScreenBufferTest, ReportsALostWrite) {
  ScreenBuffer buffer(nullptr, ScreenBuffer::Form::kText);
  std::ostream out(&buffer);
  out << "text" << std::flush;
  EXPECT_FALSE(out.good());
}

}  // namespace
}  // namespace stateserver::client
