// SPDX-License-Identifier: Apache-2.0

#include "client/cli/completion/completion.h"

#include "client/settings/settings.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

void AddEntry(const std::string& prefix, const Command& command,
              std::vector<CompletionEntry>* entries) {
  CompletionEntry& entry = entries->emplace_back();
  entry.path = prefix.empty() ? std::string(command.name) : Cat(prefix, " ", command.name);
  entry.summary = command.summary;
  if (command.define != nullptr) command.define(entry.arguments);
  for (const Command& sub : command.subcommands) entry.words.emplace_back(sub.name);
  std::string path = entry.path;
  for (const Command& sub : command.subcommands) AddEntry(path, sub, entries);
}

// Prints the names of the server's environments, one per line: the table's first column without its
// header. Prints nothing if there is no response within two seconds. Omits names with other
// characters than these, because bash expands the words that it completes: $(command) would run.
constexpr char kListEnvironments[] =
    "stateclient --timeout 2 environments 2>/dev/null | "
    "LC_ALL=C awk 'NR>1 && $1 ~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/ {print $1}'";

// Returns the words of "text|json", and for completion's shells those of "bash, zsh or fish".
std::vector<std::string> Choices(const Argument& argument) {
  if (argument.placeholder == "SHELL") return {"bash", "zsh", "fish"};
  std::vector<std::string> words;
  std::string_view rest = argument.placeholder;
  while (!rest.empty()) {
    size_t bar = rest.find('|');
    words.emplace_back(rest.substr(0, bar));
    rest = bar == rest.npos ? "" : rest.substr(bar + 1);
  }
  return words;
}

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

// Returns the statement that completes a value, or "" if nothing does.
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

// Adds the branches for options that take a value.
void AddValues(const Arguments& arguments, const std::string& indent, std::string* out) {
  for (const Argument& it : arguments.all()) {
    if (it.positional() || it.placeholder.empty()) continue;
    AppendTo(out, indent, Join(it.names, "|"), ") ", Completer(it), "; return ;;\n");
  }
}

// Adds "case $previous in … esac", or nothing if there are no branches.
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

// Quotes text in single quotes for fish.
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

// Returns the condition for a command. "context use" matches if both words are on the line.
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

// Escapes text for a specification of _arguments, which is in single quotes and in which ':', '['
// and ']' are special.
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

// Adds one line of _arguments for every spelling.
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

std::vector<CompletionEntry> CompletionEntries() {
  std::vector<CompletionEntry> entries;
  for (const Command& command : CommandTable()) AddEntry("", command, &entries);
  return entries;
}

Arguments GlobalArguments() {
  Arguments arguments;
  for (const SettingKey& key : SettingKeys()) {
    Argument& argument = arguments.Option(FlagOf(key.key), key.placeholder, nullptr, key.summary);
    if (key.is_path) argument.completes = Completes::kFile;
    if (key.placeholder.find('|') != key.placeholder.npos) argument.completes = Completes::kChoice;
  }
  arguments.Flag("-h,--help", nullptr, "show help");
  return arguments;
}

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

std::string ZshCompletion() {
  auto entries = CompletionEntries();
  std::string out =
      "#compdef stateclient\n"
      "# zsh completion of stateclient: source <(stateclient completion zsh), or save it as\n"
      "# _stateclient in a folder of $fpath\n"
      "_stateclient_environments() {\n";
  AppendTo(&out, "  compadd -- ${(f)\"$(", kListEnvironments, ")\"}\n}\n");
  // The variable is not called `path`, which in zsh is the search path.
  out +=
      "_stateclient() {\n"
      "  local command='' word\n"
      "  local -i i at=1\n"
      "  local -a commands global\n"
      "  global=(\n";
  std::string global;
  AddZshArguments(GlobalArguments(), "    ", &global);
  // Elements of an array need no line continuation.
  for (size_t at; (at = global.find(" \\\n")) != std::string::npos;) global.replace(at, 3, "\n");
  AppendTo(&out, global,
           "  )\n"
           "  for ((i = 2; i < CURRENT; i++)); do\n"
           "    word=\"${command:+$command }${words[i]}\"\n"
           "    case \"$word\" in\n      ",
           Alternatives(entries), ") command=\"$word\" at=i ;;\n    esac\n  done\n");
  // All words up to the command count as its name, because global flags may precede it.
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
