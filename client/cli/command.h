// SPDX-License-Identifier: Apache-2.0
//
// The commands of stateclient: one table that parsing, help and completion read.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace stateserver::client {

// What the shell may complete a value with.
enum class Completes { kNothing, kFile, kFolder, kEnvironment, kChoice };

struct Argument {
  // "-o", "--output-file"; empty for a positional argument.
  std::vector<std::string> names;
  // "FILE"; of a choice "text|json"; empty for a flag without value.
  std::string placeholder;
  std::string summary;
  bool required = false;
  Completes completes = Completes::kNothing;
  // Where the value goes: one of them.
  bool* flag = nullptr;
  std::string* text = nullptr;
  std::vector<std::string>* list = nullptr;

  bool positional() const { return names.empty(); }
};

// The targets must outlive the parsing: commands keep them in a shared struct.
class Arguments {
 public:
  // `names` are separated by commas: "-y,--no-confirm,--yes".
  Argument& Flag(std::string_view names, bool* target, std::string_view summary);
  Argument& Option(std::string_view names, std::string_view placeholder, std::string* target,
                   std::string_view summary);
  // May be given several times; without names it takes all that stands there.
  Argument& List(std::string_view names, std::string_view placeholder,
                 std::vector<std::string>* target, std::string_view summary);
  Argument& Positional(std::string_view placeholder, std::string* target, std::string_view summary);

  const std::vector<Argument>& all() const { return all_; }

 private:
  Argument& Add(std::string_view names, std::string_view placeholder, std::string_view summary);
  std::vector<Argument> all_;
};

// `-y`, `--no-confirm`, `--yes`.
void AddConfirmFlag(Arguments& arguments, bool* target);
// `--operation-id UUID`.
void AddOperationIdOption(Arguments& arguments, std::string* target);

class Session;

struct Command {
  using Run = std::function<absl::Status(Session&)>;

  std::string_view name;
  // One of the headings of `help`.
  std::string_view group;
  // A sentence without its full stop, beginning in lower case.
  std::string_view summary;
  // Declares the command's arguments; what it returns runs the command with
  // what was parsed. Null where there are subcommands.
  Run (*define)(Arguments& arguments) = nullptr;
  std::vector<Command> subcommands = {};
  // Works without valid settings: a broken context must not keep one from
  // help, or from repairing the context.
  bool needs_settings = true;
};

// In the order of `help`.
std::span<const Command> CommandTable();

}  // namespace stateserver::client
