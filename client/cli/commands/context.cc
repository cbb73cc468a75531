// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "client/settings/contexts.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct ContextOptions {
  std::string name;
};

absl::Status NoSuchContext(const std::string& name, std::string_view command) {
  return UsageError(command, Cat("No context named '", name, "'."));
}

absl::StatusOr<Contexts> Load(Session& session) {
  return LoadContexts(ContextsFile(session.env()));
}

absl::Status Save(Session& session, const Contexts& contexts) {
  return SaveContexts(ContextsFile(session.env()), contexts);
}

// Returns every key; unset keys are null.
std::string ContextJson(const Contexts& contexts, const std::string& name) {
  JsonObject object;
  object.Text("name", name).Bool("current", name == contexts.current);
  const SettingValues& values = contexts.named.at(name);
  for (const SettingKey& key : SettingKeys()) {
    auto found = values.find(std::string(key.key));
    if (found == values.end()) {
      object.Null(key.key);
    } else {
      object.Text(key.key, found->second);
    }
  }
  return object.Finish();
}

absl::Status RunList(Session& session) {
  ASSIGN_OR_RETURN(Contexts contexts, Load(session));
  if (session.json()) {
    std::string list;
    for (const auto& [name, values] : contexts.named) {
      list += (list.empty() ? "" : ",") + ContextJson(contexts, name);
    }
    session.out() << JsonObject().Raw("contexts", Cat("[", list, "]")).Finish() << '\n';
    return absl::OkStatus();
  }
  Table table({{"CURRENT"}, {"NAME"}, {"SERVER"}, {"GATEWAY"}});
  for (const auto& [name, values] : contexts.named) {
    auto value = [&values = values](const char* key) {
      auto found = values.find(key);
      return found == values.end() ? std::string("-") : found->second;
    };
    table.Add({name == contexts.current ? "*" : "", name, value("server"), value("gateway")});
  }
  table.Print(session.out());
  return absl::OkStatus();
}

absl::Status RunUse(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(Contexts contexts, Load(session));
  if (!contexts.named.contains(name)) return NoSuchContext(name, "context use");
  contexts.current = name;
  RETURN_IF_ERROR(Save(session, contexts));
  if (session.json()) session.out() << ContextJson(contexts, name) << '\n';
  session.talk() << "Context '" << name << "' is now in use.\n";
  return absl::OkStatus();
}

// Paths are stored as absolute paths, because the context is used from other folders.
absl::Status RunSet(Session& session, const std::string& name) {
  RETURN_IF_ERROR(CheckContextName(name));
  if (session.flags().empty()) {
    return UsageError("context set", "Nothing to set: give global flags, such as --server.");
  }
  ASSIGN_OR_RETURN(Contexts contexts, Load(session));
  SettingValues& values = contexts.named[name];
  for (const SettingKey& key : SettingKeys()) {
    auto given = session.flags().find(std::string(key.key));
    if (given == session.flags().end()) continue;
    std::string value = given->second;
    if (key.is_path && !value.empty()) value = std::filesystem::absolute(value).string();
    values[given->first] = value;
    if (given->second.empty()) values.erase(given->first);
  }
  if (contexts.current.empty()) contexts.current = name;
  RETURN_IF_ERROR(Save(session, contexts));
  if (session.json()) session.out() << ContextJson(contexts, name) << '\n';
  session.talk() << "Context '" << name << "' is set"
                 << (contexts.current == name ? " and in use" : "") << ".\n";
  return absl::OkStatus();
}

absl::Status RunShow(Session& session, std::string name) {
  ASSIGN_OR_RETURN(Contexts contexts, Load(session));
  if (name.empty()) name = contexts.current;
  if (name.empty()) return UsageError("context show", "No context is in use; name one.");
  auto found = contexts.named.find(name);
  if (found == contexts.named.end()) return NoSuchContext(name, "context show");
  if (session.json()) {
    session.out() << ContextJson(contexts, name) << '\n';
    return absl::OkStatus();
  }
  FieldList fields = {{"name", name}};
  for (const auto& [key, value] : found->second) fields.emplace_back(key, value);
  PrintFields(session.out(), fields);
  return absl::OkStatus();
}

absl::Status RunRemove(Session& session, const std::string& name) {
  ASSIGN_OR_RETURN(Contexts contexts, Load(session));
  if (contexts.named.erase(name) == 0) return NoSuchContext(name, "context remove");
  if (contexts.current == name) contexts.current.clear();
  RETURN_IF_ERROR(Save(session, contexts));
  if (session.json()) session.out() << JsonObject().Text("removed", name).Finish() << '\n';
  session.talk() << "Context '" << name << "' is removed.\n";
  return absl::OkStatus();
}

using NamedRun = absl::Status (*)(Session&, const std::string&);

template <NamedRun kRun>
Command::Run DefineNamed(Arguments& arguments) {
  auto options = std::make_shared<ContextOptions>();
  arguments.Positional("NAME", &options->name, "the context").required = true;
  return [options](Session& session) { return kRun(session, options->name); };
}

Command::Run DefineShow(Arguments& arguments) {
  auto options = std::make_shared<ContextOptions>();
  arguments.Positional("NAME", &options->name, "the context (default: the one in use)");
  return [options](Session& session) { return RunShow(session, options->name); };
}

Command Sub(std::string_view name, std::string_view summary, Command::Run (*define)(Arguments&)) {
  Command command{name, kClientGroup, summary, define};
  command.needs_settings = false;
  return command;
}

}  // namespace

Command ContextCommand() {
  Command command{"context", kClientGroup, "named sets of the global flags"};
  command.needs_settings = false;
  command.subcommands = {
      Sub("list", "list the contexts", [](Arguments&) -> Command::Run { return RunList; }),
      Sub("use", "switch to a context", DefineNamed<RunUse>),
      Sub("set", "store the given global flags as a context; an empty value removes a flag",
          DefineNamed<RunSet>),
      Sub("show", "show one context", DefineShow),
      Sub("remove", "remove a context", DefineNamed<RunRemove>),
  };
  return command;
}

}  // namespace stateserver::client
