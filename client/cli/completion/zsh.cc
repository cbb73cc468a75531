// SPDX-License-Identifier: Apache-2.0

#include "client/cli/completion/scripts.h"
#include "client/cli/completion/words.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

// Text inside a specification of _arguments, which is in single quotes and
// gives ':', '[' and ']' a meaning.
std::string ZshEscaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string Action(const Argument& argument) {
  std::string words;
  switch (argument.completes) {
    case Completes::kFile:
      return "_files";
    case Completes::kFolder:
      return "_files -/";
    case Completes::kEnvironment:
      return "_stateclient_environments";
    case Completes::kChoice:
      for (const std::string& word : Choices(argument)) words += (words.empty() ? "" : " ") + word;
      return Cat("(", words, ")");
    case Completes::kNothing:
      return " ";
  }
  return " ";
}

// One line of _arguments for every spelling.
void AddArgument(const Argument& argument, const std::string& indent, std::string* out) {
  std::string value;
  if (!argument.placeholder.empty()) {
    value = Cat(":", ZshEscaped(argument.placeholder), ":", Action(argument));
  }
  if (argument.positional()) {
    AppendTo(out, indent, "'", argument.required ? "" : ":", value, "' \\\n");
    return;
  }
  for (const std::string& name : argument.names) {
    AppendTo(out, indent, "'", argument.list != nullptr ? "*" : "", name, "[",
             ZshEscaped(argument.summary), "]", value, "' \\\n");
  }
}

void AddZshArguments(const Arguments& arguments, const std::string& indent, std::string* out) {
  for (const Argument& argument : arguments.all()) AddArgument(argument, indent, out);
}

void AddDescriptions(const std::string& parent, const std::vector<CompletionEntry>& entries,
                     std::string* out) {
  for (const CompletionEntry& entry : entries) {
    size_t space = entry.path.rfind(' ');
    std::string above = space == std::string::npos ? "" : entry.path.substr(0, space);
    if (above != parent) continue;
    std::string name = space == std::string::npos ? entry.path : entry.path.substr(space + 1);
    AppendTo(out, "    '", name, ":", ZshEscaped(entry.summary), "'\n");
  }
}

std::string Alternatives(const std::vector<CompletionEntry>& entries) {
  std::string out;
  for (const CompletionEntry& entry : entries) {
    AppendTo(&out, out.empty() ? "" : "|", "'", entry.path, "'");
  }
  return out;
}

void AddZshEntry(const CompletionEntry& entry, const std::vector<CompletionEntry>& entries,
                 std::string* out) {
  AppendTo(out, "  '", entry.path, "')\n");
  if (!entry.words.empty()) {
    *out += "    commands=(\n";
    AddDescriptions(entry.path, entries, out);
    *out += "    )\n    _describe command commands ;;\n";
    return;
  }
  *out += "    _arguments $global \\\n";
  AddZshArguments(entry.arguments, "      ", out);
  *out += "      && return 0 ;;\n";
}

}  // namespace

std::string ZshCompletion() {
  auto entries = CompletionEntries();
  std::string out =
      "#compdef stateclient\n"
      "# zsh completion of stateclient: source <(stateclient completion zsh), or save it as\n"
      "# _stateclient in a folder of $fpath\n"
      "_stateclient_environments() {\n";
  AppendTo(&out, "  compadd -- ${(f)\"$(", kListEnvironments, ")\"}\n}\n");
  // Not `path`: in zsh that is the search path.
  out +=
      "_stateclient() {\n"
      "  local command='' word\n"
      "  local -i i at=1\n"
      "  local -a commands global\n"
      "  global=(\n";
  std::string global;
  AddZshArguments(GlobalArguments(), "    ", &global);
  // As elements of an array the lines need no continuation.
  for (size_t at; (at = global.find(" \\\n")) != std::string::npos;) global.replace(at, 3, "\n");
  AppendTo(&out, global,
           "  )\n"
           "  for ((i = 2; i < CURRENT; i++)); do\n"
           "    word=\"${command:+$command }${words[i]}\"\n"
           "    case \"$word\" in\n      ",
           Alternatives(entries), ") command=\"$word\" at=i ;;\n    esac\n  done\n");
  // The words up to the command count as its name: global flags may stand
  // before it.
  out +=
      "  if [[ -n $command ]]; then\n"
      "    words=(\"$command\" \"${(@)words[at+1,-1]}\")\n"
      "    (( CURRENT -= at - 1 ))\n"
      "  fi\n"
      "  case \"$command\" in\n  '')\n    commands=(\n";
  AddDescriptions("", entries, &out);
  out += "    )\n    _arguments $global '1:command:{_describe command commands}' '*::: :' ;;\n";
  for (const CompletionEntry& entry : entries) AddZshEntry(entry, entries, &out);
  out +=
      "  esac\n}\n"
      "[[ $zsh_eval_context[-1] == loadautofunc ]] && _stateclient \"$@\" || "
      "compdef _stateclient stateclient\n";
  return out;
}

}  // namespace stateserver::client
