// SPDX-License-Identifier: Apache-2.0
//
// docs/cli-json.md against what the commands print: the same keys in the same
// order, and no command or message left out.
#include <set>

#include "client/cli/command.h"
#include "client/cli/output/json.h"
#include "client/errors.h"
#include "google/protobuf/descriptor.h"
#include "simdjson.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

using Keys = std::vector<std::string>;

std::string Document() {
  std::ifstream in(std::string(TEST_DATA_DIR) + "/../../docs/cli-json.md");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The words in back quotes.
Keys Quoted(const std::string& text) {
  Keys keys;
  for (size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
    size_t end = text.find('`', at + 1);
    keys.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return keys;
}

// First cell -> keys of the second, of the table after `heading`.
std::map<std::string, Keys> TableAfter(const std::string& heading) {
  std::map<std::string, Keys> rows;
  std::string document = Document();
  std::istringstream lines(document.substr(document.find("\n" + heading + "\n") + 1));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && !line.starts_with("#")) {
    if (!line.starts_with("| ") || line.starts_with("| ---")) continue;
    size_t bar = line.find(" | ");
    std::string name = line.substr(2, bar - 2);
    std::erase(name, '`');
    rows[name] = Quoted(line.substr(bar));
  }
  rows.erase("command");
  rows.erase("message");
  return rows;
}

Keys KeysOf(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  Keys keys;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) return {"no object: " + json};
  for (auto field : object) keys.emplace_back(field.key);
  return keys;
}

class JsonShapeTest : public testing::Test {
 protected:
  JsonShapeTest() {
    run.env["STATESERVER_SERVER"] = server.address();
    run.env["STATESERVER_FORMAT"] = "json";
    run.env["XDG_CONFIG_HOME"] = scratch.path().string();
    scratch.Write("in.json", ExportedFile());
    run({"context", "set", "a", "--server", server.address()});
  }

  // The command line of a documented command.
  std::vector<std::string> Line(const std::string& command) {
    if (command == "export") return {"export", "-y", "-o", scratch / "out.json"};
    if (command == "import") return {"import", "-y", "-i", scratch / "in.json"};
    if (command == "upgrade-file") {
      return {"upgrade-file", "-i", scratch / "in.json", "-o", scratch / "upgraded.json"};
    }
    if (command == "migrate") return {"migrate", "-y"};
    if (command == "rollback") return {"rollback", "-y"};
    if (command == "compact") return {"compact", "-y"};
    if (command == "expired --delete") return {"expired", "--delete", "-y"};
    if (command == "restore") return {"restore", "-y", "aaaaaaaa-7425-40de-944b-e07fc1f90ae7"};
    if (command == "top") return {"top", "--once"};
    if (command == "diff") return {"diff", "a", "b"};
    if (command.starts_with("context ")) return {"context", command.substr(8)};
    std::set<std::string> with_name = {"environment", "snapshot", "operation"};
    if (with_name.contains(command)) return {command, "a"};
    return {command};
  }

  FakeServer server;
  Scratch scratch;
  Runner run;
};

TEST_F(JsonShapeTest, EveryDocumentedCommandPrintsItsKeys) {
  auto commands = TableAfter("## Commands");
  for (const auto& [command, keys] : commands) {
    RunResult result = run(Line(command));
    EXPECT_EQ(result.exit_code, 0) << command << result.err;
    EXPECT_EQ(KeysOf(result.out), keys) << command;
  }
  for (const Command& command : CommandTable()) {
    std::string name(command.name);
    if (name == "help" || name == "completion" || name == "manual" || name == "context") continue;
    if (name == "schema") continue;  // by the tests that have a warehouse
    EXPECT_TRUE(commands.contains(name)) << name << " is not documented";
  }
}

TEST(JsonMessagesTest, EveryDocumentedMessageHasItsKeys) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  pb::ExportResponse linked;  // the protos are in the program
  auto messages = TableAfter("## Messages");
  EXPECT_GT(messages.size(), 10u);
  for (const auto& [name, keys] : messages) {
    const auto* descriptor = pool->FindMessageTypeByName("stateserver.v1." + name);
    ASSERT_NE(descriptor, nullptr) << name;
    const auto* message =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor);
    EXPECT_EQ(KeysOf(ToJson(*message)), keys) << name;
  }
}

TEST(JsonReasonsTest, EveryClientReasonIsDocumented) {
  std::string document = Document();
#define X(name) EXPECT_NE(document.find("| `" #name "` |"), std::string::npos) << #name;
  STATECLIENT_REASONS(X)
#undef X
}

}  // namespace
}  // namespace stateserver::client
