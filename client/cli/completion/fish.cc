// SPDX-License-Identifier: Apache-2.0

#include "client/cli/completion/scripts.h"
#include "client/cli/completion/words.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

// In single quotes for fish.
std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string Values(const Argument& argument) {
  std::string words;
  switch (argument.completes) {
    case Completes::kFile:
      return " -r -F";
    case Completes::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case Completes::kEnvironment:
      return " -x -a '(__stateclient_environments)'";
    case Completes::kChoice:
      for (const std::string& word : Choices(argument)) words += (words.empty() ? "" : " ") + word;
      return Cat(" -x -a ", Quoted(words));
    case Completes::kNothing:
      return " -x";
  }
  return "";
}

void AddFlag(const std::string& condition, const Argument& argument, std::string* out) {
  AppendTo(out, "complete -c stateclient", condition);
  for (const std::string& name : argument.names) {
    if (name.starts_with("--")) {
      AppendTo(out, " -l ", name.substr(2));
    } else {
      AppendTo(out, " -s ", name.substr(1));
    }
  }
  if (!argument.placeholder.empty()) *out += Values(argument);
  AppendTo(out, " -d ", Quoted(argument.summary), '\n');
}

void AddPositional(const std::string& condition, const Argument& argument, std::string* out) {
  if (argument.completes == Completes::kNothing) return;
  AppendTo(out, "complete -c stateclient", condition, Values(argument), '\n');
}

// "context use" is seen when both words are on the line.
std::string Condition(const CompletionEntry& entry) {
  size_t space = entry.path.find(' ');
  if (space == std::string::npos) {
    return Cat(" -n '__fish_seen_subcommand_from ", entry.path, "'");
  }
  return Cat(" -n '__fish_seen_subcommand_from ", entry.path.substr(0, space),
             "; and __fish_seen_subcommand_from ", entry.path.substr(space + 1), "'");
}

void AddFishEntry(const CompletionEntry& entry, std::string* out) {
  size_t space = entry.path.find(' ');
  bool top = space == std::string::npos;
  std::string where =
      top ? " -n __fish_use_subcommand"
          : Cat(" -n '__fish_seen_subcommand_from ", entry.path.substr(0, space), "'");
  AppendTo(out, "complete -c stateclient", where, " -x -a ",
           top ? entry.path : entry.path.substr(space + 1), " -d ", Quoted(entry.summary), '\n');
  for (const Argument& argument : entry.arguments.all()) {
    if (argument.positional()) {
      AddPositional(Condition(entry), argument, out);
    } else {
      AddFlag(Condition(entry), argument, out);
    }
  }
}

}  // namespace

std::string FishCompletion() {
  std::string out =
      "# fish completion of stateclient: stateclient completion fish | source\n"
      "function __stateclient_environments\n";
  AppendTo(&out, "  ", kListEnvironments, "\nend\ncomplete -c stateclient -f\n");
  Arguments global = GlobalArguments();
  for (const Argument& argument : global.all()) AddFlag("", argument, &out);
  for (const CompletionEntry& entry : CompletionEntries()) AddFishEntry(entry, &out);
  return out;
}

}  // namespace stateserver::client
