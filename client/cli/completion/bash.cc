// SPDX-License-Identifier: Apache-2.0

#include "client/cli/completion/scripts.h"
#include "client/cli/completion/words.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

std::string Join(const std::vector<std::string>& words, const char* separator = " ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : separator) + word;
  return out;
}

std::string FlagNames(const Arguments& arguments) {
  std::vector<std::string> names;
  for (const Argument& it : arguments.all()) {
    names.insert(names.end(), it.names.begin(), it.names.end());
  }
  return Join(names);
}

// What completes one value, as a statement; empty: nothing does.
std::string Completer(const Argument& argument) {
  switch (argument.completes) {
    case Completes::kFile:
      return "COMPREPLY=($(compgen -f -- \"$current\"))";
    case Completes::kFolder:
      return "COMPREPLY=($(compgen -d -- \"$current\"))";
    case Completes::kChoice:
      return Cat("COMPREPLY=($(compgen -W '", Join(Choices(argument)), "' -- \"$current\"))");
    case Completes::kEnvironment:
      return Cat("COMPREPLY=($(compgen -W \"$(", kListEnvironments, ")\" -- \"$current\"))");
    case Completes::kNothing:
      return "COMPREPLY=()";
  }
  return "";
}

// The branches after an option that takes a value.
void AddValues(const Arguments& arguments, const std::string& indent, std::string* out) {
  for (const Argument& it : arguments.all()) {
    if (it.positional() || it.placeholder.empty()) continue;
    AppendTo(out, indent, Join(it.names, "|"), ") ", Completer(it), "; return ;;\n");
  }
}

// "case $previous in … esac", or nothing where there are no branches.
void AddCase(const Arguments& arguments, const std::string& indent, std::string* out) {
  std::string branches;
  AddValues(arguments, indent + "  ", &branches);
  if (branches.empty()) return;
  AppendTo(out, indent, "case \"$previous\" in\n", branches, indent, "esac\n");
}

void AddBashEntry(const CompletionEntry& entry, std::string* out) {
  AppendTo(out, "    '", entry.path, "')\n");
  AddCase(entry.arguments, "      ", out);
  AppendTo(out, "      words='", Join(entry.words), "' flags='", FlagNames(entry.arguments), "'\n");
  for (const Argument& it : entry.arguments.all()) {
    if (!it.positional() || it.completes == Completes::kNothing) continue;
    AppendTo(out, "      [[ $current == -* ]] || { ", Completer(it), "; return; }\n");
    break;
  }
  *out += "      ;;\n";
}

}  // namespace

std::string BashCompletion() {
  std::vector<std::string> commands;
  auto entries = CompletionEntries();
  for (const CompletionEntry& entry : entries) {
    if (entry.path.find(' ') == std::string::npos) commands.push_back(entry.path);
  }
  std::string out =
      "# bash completion of stateclient: source <(stateclient completion bash)\n"
      "_stateclient() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local path='' word i words='' flags=''\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=\"${path:+$path }${COMP_WORDS[i]}\"\n"
      "    case \"$word\" in\n";
  std::string alternatives;
  for (const CompletionEntry& entry : entries) {
    AppendTo(&alternatives, alternatives.empty() ? "" : "|", "'", entry.path, "'");
  }
  AppendTo(&out, "      ", alternatives, ") path=\"$word\" ;;\n    esac\n  done\n");
  AddCase(GlobalArguments(), "  ", &out);
  AppendTo(&out, "  case \"$path\" in\n    '') words='", Join(commands),
           "' flags='--version' ;;\n");
  for (const CompletionEntry& entry : entries) AddBashEntry(entry, &out);
  AppendTo(&out,
           "  esac\n"
           "  if [[ $current == -* ]]; then\n"
           "    COMPREPLY=($(compgen -W \"$flags ",
           FlagNames(GlobalArguments()),
           "\" -- \"$current\"))\n"
           "  else\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "  fi\n"
           "}\n"
           "complete -o filenames -F _stateclient stateclient\n");
  return out;
}

}  // namespace stateserver::client
