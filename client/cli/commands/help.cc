// SPDX-License-Identifier: Apache-2.0

#include "client/cli/help.h"

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/completion/completion.h"
#include "client/cli/completion/manual.h"
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

struct CompletionOptions {
  std::string shell;
};

absl::Status RunCompletion(Session& session, const CompletionOptions& options) {
  if (options.shell == "bash") {
    session.file() << BashCompletion();
  } else if (options.shell == "zsh") {
    session.file() << ZshCompletion();
  } else if (options.shell == "fish") {
    session.file() << FishCompletion();
  } else {
    return UsageError("completion", Cat("Invalid value for 'SHELL': '", options.shell,
                                        "' is not one of 'bash', 'zsh', 'fish'."));
  }
  return absl::OkStatus();
}

Command::Run DefineCompletion(Arguments& arguments) {
  auto options = std::make_shared<CompletionOptions>();
  Argument& shell = arguments.Positional("SHELL", &options->shell, "bash, zsh or fish");
  shell.required = true;
  shell.completes = Completes::kChoice;
  return [options](Session& session) { return RunCompletion(session, *options); };
}

}  // namespace

Command HelpCommand() {
  Command command{"help", kClientGroup, "show what the commands do", DefineHelp};
  command.needs_settings = false;
  return command;
}

Command ManualCommand() {
  Command command{"manual", kClientGroup, "print the manual page, for man -l -",
                  [](Arguments&) -> Command::Run {
                    return [](Session& session) {
                      session.file() << ManualPage();
                      return absl::OkStatus();
                    };
                  }};
  command.needs_settings = false;
  return command;
}

Command CompletionCommand() {
  Command command{"completion", kClientGroup, "print a script that completes commands in a shell",
                  DefineCompletion};
  command.needs_settings = false;
  return command;
}

}  // namespace stateserver::client
