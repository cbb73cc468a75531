// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/console.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "client/cli/output/json.h"
#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

std::string_view EscapeOf(Colour colour) {
  switch (colour) {
    case Colour::kBold:
      return "\x1b[1m";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kBlue:
      return "\x1b[1;34m";
    case Colour::kDim:
      return "\x1b[2m";
  }
  return "";
}

std::string Painted(Colour colour, std::string_view text) {
  return Cat(OwnControls(EscapeOf(colour)), text, OwnControls("\x1b[0m"));
}

std::string ErrorJson(const ErrorReport& report) {
  std::string inner = JsonObject()
                          .Text("code", report.code)
                          .Text("reason", report.reason)
                          .Text("message", report.message)
                          .Text("hint", report.hint)
                          .Text("operation", report.operation)
                          .Finish();
  return JsonObject().Raw("error", inner).Finish();
}

}  // namespace

Terminal Terminal::Process() {
  Terminal terminal;
  terminal.in = &std::cin;
  terminal.out = &std::cout;
  terminal.err = &std::cerr;
  terminal.err_is_terminal = isatty(STDERR_FILENO) == 1;
  // NO_COLOR is effective if it is set and not empty (no-color.org).
  const char* no_color = std::getenv("NO_COLOR");
  bool colours = no_color == nullptr || *no_color == '\0';
  terminal.colour = terminal.err_is_terminal && colours;
  terminal.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.out_colour = terminal.out_is_terminal && colours;
  return terminal;
}

Console::Console(Terminal terminal)
    : terminal_(terminal),
      out_buffer_(terminal.out->rdbuf(), ScreenBuffer::Form::kText),
      json_out_buffer_(terminal.out->rdbuf(), ScreenBuffer::Form::kJson),
      err_buffer_(terminal.err->rdbuf(), ScreenBuffer::Form::kText),
      json_err_buffer_(terminal.err->rdbuf(), ScreenBuffer::Form::kJson),
      out_(&out_buffer_),
      json_out_(&json_out_buffer_),
      err_(&err_buffer_),
      json_err_(&json_err_buffer_) {
  // As standard error itself: data come before a message, and a message is never delayed.
  for (std::ostream* stream : {&err_, &json_err_}) {
    stream->tie(terminal.err->tie());
    stream->setf(terminal.err->flags() & std::ios::unitbuf);
  }
}

bool Console::FlushOut() {
  terminal_.out->flush();
  return out_.good() && json_out_.good() && terminal_.out->good();
}

std::ostream& Console::talk() { return quiet_ ? nowhere_ : err_; }

std::string Console::Paint(Colour colour, std::string_view text) const {
  return terminal_.colour ? Painted(colour, text) : std::string(text);
}

std::string Console::PaintOut(Colour colour, std::string_view text) const {
  return terminal_.out_colour ? Painted(colour, text) : std::string(text);
}

void Console::Warning(std::string_view text) {
  talk() << Paint(Colour::kYellow, "[WARNING]") << ' ' << text << '\n';
}

void Console::Note(std::string_view text) {
  talk() << Paint(Colour::kBlue, "[NOTE]") << ' ' << text << '\n';
}

absl::StatusOr<bool> Console::Confirm(std::string_view question) {
  for (std::string line;;) {
    err() << question << " [y/n]: " << std::flush;
    if (!std::getline(*terminal_.in, line)) {
      err() << '\n';
      return ClientError(ClientReason::ABORTED, "Aborted!");
    }
    // A terminal echoes the typed line break; a pipe does not.
    if (!terminal_.err_is_terminal) err() << '\n';
    std::string answer = Lower(Trim(line));
    if (answer == "y") return true;
    if (answer == "n") return false;
    err() << "Please enter Y or N\n";
  }
}

void PrintError(Console& console, const absl::Status& status, bool json) {
  ErrorReport report = Describe(status);
  if (json) {
    console.json_err() << ErrorJson(report) << std::endl;
    return;
  }
  if (HasClientReason(status, ClientReason::ABORTED)) {
    console.err() << report.message << std::endl;
    return;
  }
  console.err() << console.Paint(Colour::kRed, "Error:") << ' ' << report.message << '\n';
  if (!report.hint.empty()) console.err() << report.hint << '\n';
  console.err() << std::flush;
}

}  // namespace stateserver::client
