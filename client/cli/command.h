// SPDX-License-Identifier: Apache-2.0
//
// The commands of stateclient: one table that is used for parsing, help and completion.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace stateserver::client {

// Completes selects how the shell completes a value.
enum class Completes { kNothing, kFile, kFolder, kEnvironment, kChoice };

struct Argument {
  // "-o", "--output-file"; empty for a positional argument.
  std::vector<std::string> names;
  // "FILE", or "text|json" for a choice; empty for a flag without a value.
  std::string placeholder;
  std::string summary;
  bool required = false;
  Completes completes = Completes::kNothing;
  // Destination of the value; exactly one is set.
  bool* flag = nullptr;
  std::string* text = nullptr;
  std::vector<std::string>* list = nullptr;

  bool positional() const { return names.empty(); }
};

// Arguments declares the arguments of a command. The targets must outlive parsing; commands keep
// them in a shared struct.
class Arguments {
 public:
  // `names` are separated by commas: "-y,--no-confirm,--yes".
  Argument& Flag(std::string_view names, bool* target, std::string_view summary);
  Argument& Option(std::string_view names, std::string_view placeholder, std::string* target,
                   std::string_view summary);
  // Declares a repeatable option or, if `names` is empty, all remaining positional arguments.
  Argument& List(std::string_view names, std::string_view placeholder,
                 std::vector<std::string>* target, std::string_view summary);
  Argument& Positional(std::string_view placeholder, std::string* target, std::string_view summary);

  const std::vector<Argument>& all() const { return all_; }

 private:
  Argument& Add(std::string_view names, std::string_view placeholder, std::string_view summary);
  std::vector<Argument> all_;
};

// Adds `-y`, `--no-confirm`, `--yes`.
void AddConfirmFlag(Arguments& arguments, bool* target);
// Adds `--operation-id UUID`.
void AddOperationIdOption(Arguments& arguments, std::string* target);

class Session;

struct Command {
  using Run = std::function<absl::Status(Session&)>;

  std::string_view name;
  // One of the headings of `help`.
  std::string_view group;
  // A sentence in lower case without its full stop.
  std::string_view summary;
  // Declares the command's arguments and returns a function that runs the command with the parsed
  // values. Null if there are subcommands.
  Run (*define)(Arguments& arguments) = nullptr;
  std::vector<Command> subcommands = {};
  // False if the command works without valid settings. A broken context must not prevent help or
  // the repair of the context.
  bool needs_settings = true;
};

// Returns the commands in the order of `help`.
std::span<const Command> CommandTable();

}  // namespace stateserver::client
