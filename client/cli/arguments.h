// SPDX-License-Identifier: Apache-2.0
//
// The flags and arguments of a command, declared once: parsing, help and
// completion all read this.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

}  // namespace stateserver::client
