// SPDX-License-Identifier: Apache-2.0

#include "client/cli/parse.h"

#include <CLI/CLI.hpp>
#include <map>

#include "client/cli/help.h"
#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

std::string JoinNames(const std::vector<std::string>& names, const char* separator) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += separator;
    out += name;
  }
  return out;
}

// Node is one command in CLI11, with the data needed for messages about its arguments.
struct Node {
  std::vector<const Command*> path;
  CLI::App* app = nullptr;
  Command::Run run;
  std::vector<std::pair<CLI::Option*, Argument>> options;
};

class Parser {
 public:
  Parser() : root_("", "stateclient") {
    root_.set_help_flag();
    // At most one. Otherwise CLI11 interprets an argument that equals a command's name (an
    // environment named "stats") as that command.
    root_.require_subcommand(0, 1);
    root_.add_flag("-h,--help", line_.help);
    root_.add_flag("--version", line_.version);
    for (const SettingKey& key : SettingKeys()) {
      root_.add_option(FlagOf(key.key), values_[std::string(key.key)])->take_last();
    }
    for (const Command& command : CommandTable()) AddCommand(root_, {}, command);
  }

  absl::StatusOr<ParsedLine> Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());  // the order that CLI11 expects
    try {
      root_.parse(arguments);
    } catch (const CLI::RequiredError&) {
      if (!line_.help) return Missing();
    } catch (const CLI::ExtrasError&) {
      return Extra();
    } catch (const CLI::ArgumentMismatch& e) {
      return Wrong(e.what());
    } catch (const CLI::ParseError& e) {
      return Wrong(e.what());
    }
    return Finish();
  }

 private:
  void AddCommand(CLI::App& parent, std::vector<const Command*> path, const Command& command) {
    CLI::App* app = parent.add_subcommand(std::string(command.name));
    app->set_help_flag();
    if (!command.subcommands.empty()) app->require_subcommand(0, 1);
    app->fallthrough();
    path.push_back(&command);
    auto node = std::make_unique<Node>();
    node->path = path;
    node->app = app;
    if (command.define != nullptr) {
      Arguments arguments;
      node->run = command.define(arguments);
      for (const Argument& argument : arguments.all()) AddArgument(*node, argument);
    }
    nodes_.push_back(std::move(node));
    for (const Command& sub : command.subcommands) AddCommand(*app, path, sub);
  }

  void AddArgument(Node& node, const Argument& argument) {
    std::string names = JoinNames(argument.names, ",");
    if (argument.positional()) names = argument.placeholder;
    CLI::Option* option = nullptr;
    if (argument.flag != nullptr) {
      option = node.app->add_flag(names, *argument.flag);
    } else if (argument.list != nullptr) {
      // One value per occurrence, so that a list does not consume the arguments after it.
      option = node.app->add_option(names, *argument.list);
      option->allow_extra_args(argument.positional());
    } else {
      option = node.app->add_option(names, *argument.text);
      if (!argument.positional()) option->take_last();
    }
    node.options.emplace_back(option, argument);
  }

  // Returns the innermost command that was named, or null if none was.
  Node* Named() const {
    Node* named = nullptr;
    for (const auto& node : nodes_) {
      bool deeper = named == nullptr || node->path.size() > named->path.size();
      if (node->app->parsed() && deeper) named = node.get();
    }
    return named;
  }

  absl::Status Wrong(const std::string& message) const {
    Node* named = Named();
    std::string usage = UsageLines(named == nullptr ? std::vector<const Command*>{} : named->path);
    return ClientError(ClientReason::USAGE, message, "", {{"usage", usage}});
  }

  absl::Status Missing() const {
    Node* named = Named();
    if (named == nullptr) return Wrong("Missing command.");
    for (const auto& [option, argument] : named->options) {
      if (!argument.required || option->count() > 0) continue;
      if (argument.positional())
        return Wrong(Cat("Missing argument '", argument.placeholder, "'."));
      return Wrong(Cat("Missing option '", JoinNames(argument.names, "' / '"), "'."));
    }
    return Wrong("Missing command.");
  }

  absl::Status Extra() const {
    std::vector<std::string> extras = root_.remaining(true);
    std::string first = extras.empty() ? "" : extras.front();
    if (first.size() > 1 && first.front() == '-') {
      return Wrong(Cat("No such option: ", first.substr(0, first.find('='))));
    }
    Node* named = Named();
    if (named == nullptr || !named->path.back()->subcommands.empty()) {
      return Wrong(Cat("No such command '", first, "'."));
    }
    return Wrong(Cat("Got unexpected extra argument (", first, ")"));
  }

  absl::StatusOr<ParsedLine> Finish() {
    for (const SettingKey& key : SettingKeys()) {
      std::string name(key.key);
      if (root_.get_option(FlagOf(key.key))->count() > 0) line_.flags[name] = values_[name];
    }
    Node* named = Named();
    if (named != nullptr) {
      line_.path = named->path;
      line_.run = named->run;
    }
    if (line_.help || line_.version) return line_;
    if (named == nullptr || !named->path.back()->subcommands.empty()) return Missing();
    for (const auto& [option, argument] : named->options) {
      if (argument.required && option->count() == 0) return Missing();
    }
    return line_;
  }

  CLI::App root_;
  ParsedLine line_;
  std::map<std::string, std::string> values_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace

absl::StatusOr<ParsedLine> ParseCommandLine(const std::vector<std::string>& arguments) {
  return Parser().Parse(arguments);
}

absl::Status WithUsage(const absl::Status& status, std::string_view name) {
  return WithFact(status, "usage", UsageLines(FindCommand(name)));
}

absl::Status UsageError(std::string_view name, std::string_view message) {
  return WithUsage(ClientError(ClientReason::USAGE, message), name);
}

}  // namespace stateserver::client
