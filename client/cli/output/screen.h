// SPDX-License-Identifier: Apache-2.0
//
// Output that people read: text of servers, databases and files must not control their terminal.
#pragma once

#include <streambuf>
#include <string>
#include <string_view>

namespace stateserver::client {

// Returns the text with '?' for each control character (C0, DEL, C1) and each control of the
// direction of text, and with U+FFFD for bytes that are not UTF-8. Other characters are unchanged.
std::string Printable(std::string_view text);

// ScreenBuffer writes to another buffer what Printable() leaves of a text, except that it keeps
// line breaks, tabs, and the control characters that OwnControls() has marked. Each write must
// consist of whole characters. Not thread-safe beyond what its sink is.
class ScreenBuffer : public std::streambuf {
 public:
  enum class Form {
    kText,
    // JSON: writes \u009b instead of '?', which leaves its meaning unchanged.
    kJson,
  };

  // `sink` is not owned, and may be null: then every write fails.
  ScreenBuffer(std::streambuf* sink, Form form) : sink_(sink), form_(form) {}

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  std::streambuf* const sink_;
  const Form form_;
};

// Returns `controls` ("\x1b[31m") with a mark before each control character, so that a ScreenBuffer
// lets it pass. The mark is chosen at random at the start of the process, and nobody can guess it.
std::string OwnControls(std::string_view controls);

}  // namespace stateserver::client
