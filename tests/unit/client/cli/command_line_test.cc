// SPDX-License-Identifier: Apache-2.0
//
// Parsing, usage errors, help and completion, without any server.
#include <cstdio>

#include "client/cli/command.h"
#include "client/cli/completion/completion.h"
#include "client/settings/settings.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

TEST(UsageTest, SentencesOfClick) {
  Runner run;
  struct Case {
    std::vector<std::string> arguments;
    const char* sentence;
  };
  for (const Case& it :
       std::vector<Case>{{{}, "Error: Missing command."},
                         {{"nonsense"}, "Error: No such command 'nonsense'."},
                         {{"context", "nonsense"}, "Error: No such command 'nonsense'."},
                         {{"context"}, "Error: Missing command."},
                         {{"export"}, "Error: Missing option '-o' / '--output-file'."},
                         {{"snapshot"}, "Error: Missing argument 'NAME'."},
                         {{"diff", "prod"}, "Error: Missing argument 'TO'."},
                         {{"versions", "--nonsense=1"}, "Error: No such option: --nonsense"},
                         {{"versions", "extra"}, "Error: Got unexpected extra argument (extra)"},
                         {{"--format", "xml", "versions"}, "is not one of 'text', 'json'."},
                         {{"completion", "tcsh"}, "'tcsh' is not one of 'bash', 'zsh', 'fish'."},
                         {{"import", "-i", "-"}, "add '-y'"},
                         {{"operations", "--limit", "none"}, "Invalid value for '--limit'"},
                         {{"migrate", "--operation-id", "seven"}, "'seven' is not a UUID."}}) {
    RunResult result = run(it.arguments);
    EXPECT_EQ(result.exit_code, 2) << it.sentence;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("Usage: stateclient"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find(it.sentence), std::string::npos) << result.err;
  }
}

TEST(UsageTest, MissingInputFileAsSqlmeshSaysIt) {
  Runner run;
  RunResult result = run({"import", "--no-confirm", "-i", "nofile.json"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.err,
            "Usage: stateclient import [OPTIONS]\n"
            "Try 'stateclient import --help' for help.\n\n"
            "Error: Invalid value for '-i' / '--input-file': File 'nofile.json' does not exist.\n");
}

TEST(UsageTest, AsJsonBeforeTheLineIsUnderstood) {
  Runner run;
  EXPECT_EQ(run({"--format", "json", "nonsense"}).err,
            R"({"error":{"code":"INVALID_ARGUMENT","reason":"USAGE","message":)"
            R"("No such command 'nonsense'.","hint":"","operation":""}})"
            "\n");
  run.env["STATESERVER_FORMAT"] = "json";
  EXPECT_EQ(run({"nonsense"}).err.substr(0, 9), "{\"error\":");
}

TEST(UsageTest, AnArgumentMayBeCalledLikeACommand) {
  Runner run;
  run.env["STATESERVER_SERVER"] = "127.0.0.1:1";
  RunResult result = run({"diff", "stats", "export"});
  EXPECT_EQ(result.exit_code, 3) << result.err;  // understood, and nobody there
  EXPECT_NE(run({"help", "context", "use"}).out.find("stateclient context use"), std::string::npos);
}

TEST(UsageTest, LocalAndEnvironmentExclude) {
  Runner run;
  RunResult result = run({"export", "--local", "--environment", "dev_b", "-o", "out.json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "Error: Cannot specify both --environment and --local\n");
}

TEST(HelpTest, NamesEveryCommandAndGlobalFlag) {
  Runner run;
  RunResult help = run({"help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.out, run({"--help"}).out);
  for (const Command& command : CommandTable()) {
    EXPECT_NE(help.out.find("\n  " + std::string(command.name) + " "), std::string::npos)
        << command.name;
    RunResult own = run({std::string(command.name), "--help"});
    EXPECT_EQ(own.exit_code, 0);
    EXPECT_EQ(own.out.find("Usage: stateclient " + std::string(command.name)), 0u);
    EXPECT_EQ(own.out, run({"help", std::string(command.name)}).out);
  }
  for (const SettingKey& key : SettingKeys()) {
    EXPECT_NE(help.out.find(FlagOf(key.key)), std::string::npos);
  }
  EXPECT_EQ(run({"help", "nonsense"}).exit_code, 2);
  EXPECT_EQ(run({"context", "use", "-h"}).out.find("Usage: stateclient context use"), 0u);
}

TEST(HelpTest, Version) {
  Runner run;
  EXPECT_EQ(run({"--version"}).out.find("stateclient "), 0u);
}

// What bash itself would offer for a line.
std::string BashOffers(const std::string& line, const std::string& directory) {
  std::string script = BashCompletion();
  std::ofstream(directory + "/completion.bash") << script;
  std::ofstream(directory + "/stateclient")
      << "#!/bin/sh\nprintf 'NAME  X\\nprod  1\\n$(touch${IFS}" << directory
      << "/run)  1\\ndev  2\\n-o  3\\n'\n";
  std::filesystem::permissions(directory + "/stateclient", std::filesystem::perms::owner_all);
  std::string command = "PATH=" + directory + ":$PATH bash -c 'source " + directory +
                        "/completion.bash; COMP_WORDS=(" + line + "); [[ \"" + line +
                        "\" == *\" \" ]] && COMP_WORDS+=(\"\"); "
                        "COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _stateclient; "
                        "echo \"${COMPREPLY[*]}\"' 2>&1";
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  for (int c; (c = fgetc(pipe)) != EOF;) out.push_back(static_cast<char>(c));
  pclose(pipe);
  return out;
}

TEST(CompletionTest, BashOffersCommandsFlagsAndEnvironments) {
  Scratch scratch;
  std::string at = scratch.path().string();
  EXPECT_EQ(BashOffers("stateclient restore-", at), "restore-points\n");
  EXPECT_EQ(BashOffers("stateclient --format j", at), "json\n");
  EXPECT_EQ(BashOffers("stateclient context u", at), "use\n");
  EXPECT_EQ(BashOffers("stateclient import --rep", at), "--replace\n");
  EXPECT_EQ(BashOffers("stateclient --server x:1 environment ", at), "prod dev\n");
  EXPECT_EQ(BashOffers("stateclient export --environment p", at), "prod\n");
  EXPECT_FALSE(std::filesystem::exists(at + "/run")) << "bash ran the name of an environment";
  EXPECT_EQ(BashOffers("stateclient completion f", at), "fish\n");
  EXPECT_EQ(BashOffers("stateclient export --gate", at), "--gateway\n");
}

TEST(CompletionTest, EveryScriptHoldsEveryCommandAndFlag) {
  for (const std::string& script : {BashCompletion(), ZshCompletion(), FishCompletion()}) {
    for (const Command& command : CommandTable()) {
      EXPECT_NE(script.find(command.name), std::string::npos) << command.name;
    }
    for (const char* flag : {"drop-dangling", "operation-id", "tls-ca", "if-unchanged-since"}) {
      EXPECT_NE(script.find(flag), std::string::npos) << flag;
    }
  }
}

}  // namespace
}  // namespace stateserver::client
