// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/client_commands.h"
#include "client/cli/commands/groups.h"
#include "client/cli/completion/manual.h"
#include "client/cli/completion/scripts.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct CompletionOptions {
  std::string shell;
};

absl::Status RunCompletion(Session& session, const CompletionOptions& options) {
  if (options.shell == "bash") {
    session.out() << BashCompletion();
  } else if (options.shell == "zsh") {
    session.out() << ZshCompletion();
  } else if (options.shell == "fish") {
    session.out() << FishCompletion();
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

Command ManualCommand() {
  Command command{"manual", kClientGroup, "print the manual page, for man -l -",
                  [](Arguments&) -> Command::Run {
                    return [](Session& session) {
                      session.out() << ManualPage();
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
