// SPDX-License-Identifier: Apache-2.0
//
// Where the client's words go: data to standard output, talk (connection tree,
// warnings, prompt, bars, errors) to standard error. Not thread-safe, but for
// ProgressBars, which guards its own drawing.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/errors.h"

namespace stateserver::client {

enum class Colour { kBold, kGreen, kYellow, kRed, kBlue, kDim };

// What the client runs on; tests give string streams.
struct Terminal {
  std::istream* in = nullptr;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  bool err_is_terminal = false;
  // Escape codes allowed on err: a terminal and no NO_COLOR.
  bool colour = false;
  // The same of out.
  bool out_colour = false;

  // The process's own streams.
  static Terminal Process();
};

class Console {
 public:
  explicit Console(Terminal terminal) : terminal_(terminal) {}

  std::ostream& out() { return *terminal_.out; }
  // Standard error, or nowhere when quiet.
  std::ostream& talk();
  // Standard error, quiet or not.
  std::ostream& err() { return *terminal_.err; }

  // Drops the talk: JSON callers read standard error as an error object.
  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }
  bool animated() const { return terminal_.err_is_terminal && !quiet_; }

  // `text` in colour where standard error shows colours.
  std::string Paint(Colour colour, std::string_view text) const;
  // The same of standard output.
  std::string PaintOut(Colour colour, std::string_view text) const;

  // "[WARNING] …" and "[NOTE] …" lines of the talk.
  void Warning(std::string_view text);
  void Note(std::string_view text);

  // Asks "QUESTION [y/n]: " and reads one line, terminal or not; asks again
  // after anything but y or n. End of input is the client error ABORTED.
  absl::StatusOr<bool> Confirm(std::string_view question);

 private:
  Terminal terminal_;
  bool quiet_ = false;
  std::ostream nowhere_{nullptr};
};

// "Error: SENTENCE", the hint on a line of its own; or, for programs, one
// {"error": …} object. `status` is not OK. `json`: --format json.
void PrintError(Console& console, const absl::Status& status, bool json);

}  // namespace stateserver::client
