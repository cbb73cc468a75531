// SPDX-License-Identifier: Apache-2.0

#include "client/cli/command.h"

namespace stateserver::client {

Argument& Arguments::Add(std::string_view names, std::string_view placeholder,
                         std::string_view summary) {
  Argument& argument = all_.emplace_back();
  argument.placeholder = placeholder;
  argument.summary = summary;
  while (!names.empty()) {
    size_t comma = names.find(',');
    argument.names.emplace_back(names.substr(0, comma));
    names = comma == names.npos ? "" : names.substr(comma + 1);
  }
  return argument;
}

Argument& Arguments::Flag(std::string_view names, bool* target, std::string_view summary) {
  Argument& argument = Add(names, "", summary);
  argument.flag = target;
  return argument;
}

Argument& Arguments::Option(std::string_view names, std::string_view placeholder,
                            std::string* target, std::string_view summary) {
  Argument& argument = Add(names, placeholder, summary);
  argument.text = target;
  return argument;
}

Argument& Arguments::List(std::string_view names, std::string_view placeholder,
                          std::vector<std::string>* target, std::string_view summary) {
  Argument& argument = Add(names, placeholder, summary);
  argument.list = target;
  return argument;
}

Argument& Arguments::Positional(std::string_view placeholder, std::string* target,
                                std::string_view summary) {
  Argument& argument = Add("", placeholder, summary);
  argument.text = target;
  return argument;
}

void AddConfirmFlag(Arguments& arguments, bool* target) {
  arguments.Flag("-y,--no-confirm,--yes", target, "do not ask for confirmation");
}

void AddOperationIdOption(Arguments& arguments, std::string* target) {
  arguments.Option("--operation-id", "UUID", target,
                   "the operation's id; a retry with the same id does not run twice");
}

}  // namespace stateserver::client
