// SPDX-License-Identifier: Apache-2.0

#include "client/cli/help.h"

#include <algorithm>

#include "client/settings/settings.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

constexpr size_t kColumn = 32;

std::string PathName(const std::vector<const Command*>& path) {
  std::string name = "stateclient";
  for (const Command* command : path) AppendTo(&name, ' ', command->name);
  return name;
}

// Adds "  LEFT      right"; the right part starts a new line if the left one is long.
void AddRow(std::string* out, const std::string& left, std::string_view right) {
  AppendTo(out, "  ", left);
  if (left.size() + 2 >= kColumn) {
    AppendTo(out, '\n', std::string(kColumn, ' '));
  } else {
    out->append(kColumn - left.size() - 2, ' ');
  }
  AppendTo(out, right, '\n');
}

std::string Spelling(const Argument& argument) {
  std::string out;
  for (const std::string& name : argument.names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  if (!argument.placeholder.empty()) {
    if (!out.empty()) out += ' ';
    out += argument.placeholder;
  }
  return out;
}

Arguments ArgumentsOf(const Command& command) {
  Arguments arguments;
  if (command.define != nullptr) command.define(arguments);
  return arguments;
}

std::string GlobalFlags() {
  std::string out = "Global flags, before or after the command:\n";
  for (const SettingKey& key : SettingKeys()) {
    AddRow(&out, Cat(FlagOf(key.key), ' ', key.placeholder), key.summary);
  }
  AddRow(&out, "-h, --help", "show this help");
  AddRow(&out, "--version", "show the version");
  return out;
}

void AddPositionals(std::string* usage, const Arguments& arguments) {
  for (const Argument& argument : arguments.all()) {
    if (!argument.positional()) continue;
    AppendTo(usage, argument.required ? " " : " [", argument.placeholder,
             argument.required ? "" : "]");
  }
}

}  // namespace

std::string UsageLines(const std::vector<const Command*>& path) {
  std::string name = PathName(path);
  std::string usage = Cat("Usage: ", name, " [OPTIONS]");
  if (path.empty() || !path.back()->subcommands.empty()) {
    usage += " COMMAND [ARGS]...";
  } else {
    AddPositionals(&usage, ArgumentsOf(*path.back()));
  }
  return Cat(usage, "\nTry '", name, " --help' for help.\n");
}

std::string GeneralHelp() {
  std::string out =
      "Usage: stateclient [OPTIONS] COMMAND [ARGS]...\n\n"
      "Exports, imports, migrates and shows SQLMesh's state through a stateserver.\n";
  std::string_view group;
  for (const Command& command : CommandTable()) {
    if (command.group != group) {
      group = command.group;
      AppendTo(&out, '\n', group, ":\n");
    }
    AddRow(&out, std::string(command.name), command.summary);
  }
  AppendTo(&out, '\n', GlobalFlags());
  out +=
      "\nEvery global flag has a variable of the same name (STATESERVER_SERVER for --server) and\n"
      "a key in contexts (see 'stateclient help context'); flags win, then variables.\n";
  return out;
}

std::string CommandHelp(const std::vector<const Command*>& path) {
  const Command& command = *path.back();
  std::string usage = UsageLines(path);
  std::string out = Cat(usage.substr(0, usage.find('\n')), "\n\n", command.summary, ".\n");
  size_t summary = usage.find('\n') + 2;
  out[summary] = UpperChar(out[summary]);
  if (!command.subcommands.empty()) {
    out += "\nCommands:\n";
    for (const Command& sub : command.subcommands) {
      AddRow(&out, std::string(sub.name), sub.summary);
    }
  }
  Arguments arguments = ArgumentsOf(command);
  if (!arguments.all().empty()) out += "\nOptions:\n";
  for (const Argument& argument : arguments.all()) {
    AddRow(&out, Spelling(argument), argument.summary);
  }
  return out + "\n" + GlobalFlags();
}

std::vector<const Command*> FindCommand(std::string_view name) {
  std::vector<const Command*> path;
  std::span<const Command> table = CommandTable();
  while (!name.empty()) {
    size_t space = name.find(' ');
    std::string_view word = name.substr(0, space);
    auto found = std::find_if(table.begin(), table.end(),
                              [word](const Command& command) { return command.name == word; });
    if (found == table.end()) return {};
    path.push_back(&*found);
    table = found->subcommands;
    name = space == name.npos ? "" : name.substr(space + 1);
  }
  return path;
}

}  // namespace stateserver::client
