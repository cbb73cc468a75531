// SPDX-License-Identifier: Apache-2.0

#include "client/cli/completion/words.h"

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

}  // namespace

// The table's first column without its header.
const char kListEnvironments[] =
    "stateclient --timeout 2 environments 2>/dev/null | awk 'NR>1 {print $1}'";

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

}  // namespace stateserver::client
