// SPDX-License-Identifier: Apache-2.0

#include "client/cli/completion/manual.h"

#include <string_view>

#include "client/cli/completion/completion.h"
#include "client/settings/settings.h"
#include "common/text.h"
#include "common/version.h"

namespace stateserver::client {
namespace {

// Escapes backslashes, hyphens of flags, and lines that roff would interpret as requests.
std::string RoffEscaped(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

std::string Names(const Argument& argument) {
  std::string out;
  for (const std::string& name : argument.names) {
    AppendTo(&out, out.empty() ? "" : ", ", "\\fB", RoffEscaped(name), "\\fR");
  }
  if (argument.placeholder.empty()) return out;
  return Cat(out, out.empty() ? "" : " ", "\\fI", RoffEscaped(argument.placeholder), "\\fR");
}

void AddManualArguments(const Arguments& arguments, std::string* out) {
  for (const Argument& argument : arguments.all()) {
    AppendTo(out, ".TP\n", Names(argument), "\n", RoffEscaped(argument.summary), ".\n");
  }
}

void AddCommand(const CompletionEntry& entry, std::string* out) {
  AppendTo(out, ".SS stateclient ", RoffEscaped(entry.path));
  for (const Argument& argument : entry.arguments.all()) {
    if (!argument.positional()) continue;
    const std::string placeholder = RoffEscaped(argument.placeholder);
    AppendTo(out, argument.required ? " " : " [", placeholder, argument.required ? "" : "]");
  }
  std::string summary(entry.summary);
  summary[0] = UpperChar(summary[0]);
  AppendTo(out, "\n", RoffEscaped(summary), ".\n");
  AddManualArguments(entry.arguments, out);
}

constexpr char kExitCodes[] =
    ".SH EXIT STATUS\n"
    ".TP\n0\nDone, or the prompt was answered with n.\n"
    ".TP\n1\nRefused or failed; the state is unchanged. For check, diff and health: found, "
    "differs, not available.\n"
    ".TP\n2\nWrong usage, or the input file is missing.\n"
    ".TP\n3\nThe server or its database cannot be reached, or denies access.\n"
    ".TP\n4\nThe outcome is unknown: ask \\fBstateclient operation\\fR \\fIID\\fR.\n"
    ".TP\n130\nInterrupted.\n";

constexpr char kFiles[] =
    ".SH FILES\n"
    ".TP\n$XDG_CONFIG_HOME/stateclient/config.yaml\nNamed sets of global flags; see "
    "\\fBstateclient help context\\fR.\n"
    ".SH SEE ALSO\n"
    "stateserver(8)\n";

}  // namespace

std::string ManualPage() {
  std::string out = Cat(".TH STATECLIENT 1 \"\" \"stateserver ", Version(), "\"\n");
  out +=
      ".SH NAME\nstateclient \\- exports, imports and migrates SQLMesh's state, and changes "
      "StarRocks schemas, through a stateserver\n"
      ".SH SYNOPSIS\n\\fBstateclient\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGS\\fR]\n"
      ".SH COMMANDS\n";
  for (const CompletionEntry& entry : CompletionEntries()) {
    // Commands that only have subcommands are described by these.
    if (entry.words.empty()) AddCommand(entry, &out);
  }
  out += ".SH GLOBAL OPTIONS\nBefore or after the command.\n";
  AddManualArguments(GlobalArguments(), &out);
  out += kExitCodes;
  out += ".SH ENVIRONMENT\n";
  for (const SettingKey& key : SettingKeys()) {
    AppendTo(&out, ".TP\n", RoffEscaped(EnvironmentOf(key.key)), "\nThe same as \\fB",
             RoffEscaped(FlagOf(key.key)), "\\fR; the flag wins.\n");
  }
  out += ".TP\nSTATESERVER_TOKEN\nThe bearer token itself.\n";
  out += ".TP\nTRACEPARENT\nThe trace that calls belong to, in the format of the W3C header.\n";
  out += kFiles;
  return out;
}

}  // namespace stateserver::client
