// SPDX-License-Identifier: Apache-2.0
//
// The client's output: data on standard output; messages (connection tree, warnings, prompt, bars,
// errors) on standard error. Text for people passes a ScreenBuffer, so that names and messages of
// servers, databases and files cannot control the terminal; a file and JSON are exact. Not
// thread-safe, except for ProgressBars, which locks its own drawing.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/cli/output/screen.h"
#include "client/errors.h"

namespace stateserver::client {

enum class Colour { kBold, kGreen, kYellow, kRed, kBlue, kDim };

// Terminal holds the client's streams; tests provide string streams.
struct Terminal {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  bool err_is_terminal = false;
  // True if escape codes are allowed on err: it is a terminal and NO_COLOR is not set.
  bool colour = false;
  // The same for out.
  bool out_colour = false;
  bool out_is_terminal = false;

  // Returns the process's own streams.
  static Terminal Process();
};

class Console {
 public:
  explicit Console(Terminal terminal);

  // Returns standard output for text that people read.
  std::ostream& out() { return out_; }
  // Returns standard output for JSON: the bytes are exact, except that a terminal gets control
  // characters inside strings as \u009b.
  std::ostream& json() { return terminal_.out_is_terminal ? json_out_ : *terminal_.out; }
  // Returns standard output for a whole file, such as a script: the bytes are exact, except on a
  // terminal, which gets them as out() writes them.
  std::ostream& file() { return terminal_.out_is_terminal ? out_ : *terminal_.out; }
  // Writes what is buffered. Returns false if any of it, or of earlier output, was lost.
  bool FlushOut();
  // Returns standard error, or a null stream if quiet.
  std::ostream& talk();
  // Returns standard error, whether or not quiet.
  std::ostream& err() { return err_; }
  // Returns standard error for JSON, as json() does for standard output.
  std::ostream& json_err() { return terminal_.err_is_terminal ? json_err_ : *terminal_.err; }

  // Suppresses messages, because JSON callers parse standard error as an error object.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }
  bool animated() const { return terminal_.err_is_terminal && !quiet_; }
  bool out_is_terminal() const { return terminal_.out_is_terminal; }

  // Returns `text` in colour if standard error shows colours. The result is for out() or talk().
  std::string Paint(Colour colour, std::string_view text) const;
  // Does the same for standard output.
  std::string PaintOut(Colour colour, std::string_view text) const;

  // Print "[WARNING] …" and "[NOTE] …" messages.
  void Warning(std::string_view text);
  void Note(std::string_view text);

  // Asks "QUESTION [y/n]: " and reads one line, whether or not it is a terminal; repeats after any
  // answer other than y or n. Returns the client error ABORTED at the end of the input.
  absl::StatusOr<bool> Confirm(std::string_view question);

 private:
  Terminal terminal_;
  ScreenBuffer out_buffer_, json_out_buffer_, err_buffer_, json_err_buffer_;
  std::ostream out_, json_out_, err_, json_err_;
  bool quiet_ = false;
  std::ostream nowhere_{nullptr};
};

// Prints "Error: SENTENCE" and the hint on its own line or, with `json` (--format json), one
// {"error": …} object. `status` must not be OK.
void PrintError(Console& console, const absl::Status& status, bool json);

}  // namespace stateserver::client
