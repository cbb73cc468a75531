// SPDX-License-Identifier: Apache-2.0

#include "client/cli/help.h"

#include <memory>

#include "client/cli/commands/client_commands.h"
#include "client/cli/commands/groups.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct HelpOptions {
  std::string command;
  std::string subcommand;
};

absl::Status RunHelp(Session& session, const HelpOptions& options) {
  if (options.command.empty()) {
    session.out() << GeneralHelp();
    return absl::OkStatus();
  }
  std::string name = options.command;
  if (!options.subcommand.empty()) AppendTo(&name, ' ', options.subcommand);
  auto path = FindCommand(name);
  if (path.empty()) return UsageError("help", Cat("No such command '", name, "'."));
  session.out() << CommandHelp(path);
  return absl::OkStatus();
}

Command::Run DefineHelp(Arguments& arguments) {
  auto options = std::make_shared<HelpOptions>();
  arguments.Positional("COMMAND", &options->command, "the command to explain");
  arguments.Positional("SUBCOMMAND", &options->subcommand, "its subcommand, such as 'context use'");
  return [options](Session& session) { return RunHelp(session, *options); };
}

}  // namespace

Command HelpCommand() {
  Command command{"help", kClientGroup, "show what the commands do", DefineHelp};
  command.needs_settings = false;
  return command;
}

}  // namespace stateserver::client
