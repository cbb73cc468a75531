// SPDX-License-Identifier: Apache-2.0

#include "client/cli/run.h"

#include <cerrno>
#include <cstring>
#include <exception>

#include "client/cli/help.h"
#include "client/cli/output/console.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "client/errors.h"
#include "client/settings/contexts.h"
#include "common/text.h"
#include "common/version.h"

namespace stateserver::client {
namespace {

// Determines the format for errors before the line is parsed, so that a program that requested JSON
// gets its usage error as JSON too.
bool WantsJson(const std::vector<std::string>& arguments, const GetEnv& env) {
  bool json = env("STATESERVER_FORMAT").value_or("") == "json";
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--format" && i + 1 < arguments.size()) json = arguments[i + 1] == "json";
    if (arguments[i].starts_with("--format=")) json = arguments[i] == "--format=json";
  }
  return json;
}

absl::StatusOr<Settings> LoadSettings(const ParsedLine& line, const GetEnv& env) {
  if (!line.path.front()->needs_settings) {
    // Reads only the format; the other settings may be what is being repaired.
    SettingValues flags;
    if (auto it = line.flags.find("format"); it != line.flags.end()) flags.insert(*it);
    GetEnv only_format = [&env](const std::string& name) {
      return name == "STATESERVER_FORMAT" ? env(name) : std::nullopt;
    };
    return ResolveSettings(flags, only_format, {}, "");
  }
  ASSIGN_OR_RETURN(Contexts contexts, LoadContexts(ContextsFile(env)));
  return ResolveSettings(line.flags, env, contexts.CurrentValues(), contexts.current);
}

// ExitCodes holds the exit codes of a command unless it sets others.
struct ExitCodes {
  int done = kExitDone;
  int failed = kExitFailed;
};

absl::Status RunLine(const ParsedLine& line, const GetEnv& env, Console& console,
                     Interrupts& interrupts, ExitCodes* codes) {
  if (line.version) {
    console.out() << "stateclient " << Version() << '\n';
    return absl::OkStatus();
  }
  if (line.help) {
    console.out() << (line.path.empty() ? GeneralHelp() : CommandHelp(line.path));
    return absl::OkStatus();
  }
  auto loaded = LoadSettings(line, env);
  if (!loaded.ok()) return WithFact(loaded.status(), "usage", UsageLines(line.path));
  Settings settings = *std::move(loaded);
  console.set_quiet(settings.format == Format::kJson);
  Session session(console, std::move(settings), line.flags, env, interrupts);
  absl::Status status = line.run(session);
  *codes = {session.done_code(), session.failed_code()};
  if (status.ok() && interrupts.raised()) {
    return ClientError(ClientReason::INTERRUPTED, "Interrupted.");
  }
  return status;
}

// Output may be lost because of a full disk or a closed pipe.
absl::Status FlushOutput(Console& console) {
  errno = 0;
  if (console.FlushOut()) return absl::OkStatus();
  return ClientError(ClientReason::OUTPUT_FAILED,
                     Cat("Cannot write to standard output: ",
                         errno == 0 ? "the reader has closed it" : std::strerror(errno)));
}

void PrintUsage(Console& console, const absl::Status& status) {
  Facts facts = FactsOf(status);
  if (auto usage = facts.find("usage"); usage != facts.end()) {
    console.err() << usage->second << '\n';
  }
}

}  // namespace

int Run(const std::vector<std::string>& arguments, const GetEnv& env, Terminal terminal,
        Interrupts& interrupts) {
  Console console(terminal);
  bool json = WantsJson(arguments, env);
  absl::Status status;
  ExitCodes codes;
  try {
    auto line = ParseCommandLine(arguments);
    status = line.ok() ? RunLine(*line, env, console, interrupts, &codes) : line.status();
  } catch (const std::exception& e) {
    status = Error(Reason::INTERNAL, Cat("Unexpected error: ", e.what()));
  }
  if (status.ok()) status = FlushOutput(console);
  if (status.ok()) return codes.done;
  console.FlushOut();
  json = json || console.quiet();
  if (!json) PrintUsage(console, status);
  PrintError(console, status, json);
  int code = Describe(status).exit_code;
  return code == kExitFailed ? codes.failed : code;
}

}  // namespace stateserver::client
