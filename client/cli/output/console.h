// SPDX-License-Identifier: Apache-2.0
//
// The client's output: data on standard output; messages (connection tree, warnings, prompt, bars,
// errors) on standard error. Not thread-safe, except for ProgressBars, which locks its own drawing.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
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

  // Returns the process's own streams.
  static Terminal Process();
};

class Console {
 public:
  explicit Console(Terminal terminal) : terminal_(terminal) {}

  std::ostream& out() { return *terminal_.out; }
  // Returns standard error, or a null stream if quiet.
  std::ostream& talk();
  // Returns standard error, whether or not quiet.
  std::ostream& err() { return *terminal_.err; }

  // Suppresses messages, because JSON callers parse standard error as an error object.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }
  bool animated() const { return terminal_.err_is_terminal && !quiet_; }

  // Returns `text` in colour if standard error shows colours.
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
  bool quiet_ = false;
  std::ostream nowhere_{nullptr};
};

// Prints "Error: SENTENCE" and the hint on its own line or, with `json` (--format json), one
// {"error": …} object. `status` must not be OK.
void PrintError(Console& console, const absl::Status& status, bool json);

}  // namespace stateserver::client
