// SPDX-License-Identifier: Apache-2.0
//
// Rewrites valid JSON text in another style while it streams by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/json/text.h"

namespace stateserver::json {

enum class Layout {
  kCompact,   // {"a":[1,2]}
  kSpaced,    // {"a": [1, 2]}, Python's json.dumps default
  kIndented,  // Python's indent=2: one item per line, [] and {} when empty
};

struct Style {
  Layout layout = Layout::kCompact;
  Charset charset = Charset::kUtf8;
  // The nesting level the text is placed at; kIndented only. The first line is
  // not indented: it follows a key or the indentation its writer made.
  int depth = 0;
};

// Takes ONE valid JSON value, or a stretch of one, in pieces cut anywhere.
// Strings are normalised: the same characters always come out as the same
// bytes, however they were escaped ("\/" becomes "/"). Numbers are kept as
// spelled. Text that is not valid JSON comes out as something, never as a
// crash: validate with StreamScanner where that matters.
// Not thread-safe. Memory: constant.
class Restyler {
 public:
  explicit Restyler(Style style) : style_(style), depth_(style.depth) {}

  // Appends the restyled bytes of `piece` to `out`.
  void Feed(std::string_view piece, std::string* out);

  // Appends what was held back and starts over. False when the text ended
  // inside a string, or with a container open or closed that it should not.
  bool Finish(std::string* out);

 private:
  class Output;
  enum class State : uint8_t { kOutside, kString, kEscape, kHex, kUtf8 };

  const char* Outside(const char* p, const char* end, Output* out);
  const char* Scalar(const char* p, const char* end, Output* out);
  const char* String(const char* run, const char* p, const char* end, Output* out);
  const char* Special(const char* p, const char* end, Output* out);
  const char* High(const char* p, const char* end, Output* out);
  const char* Escape(const char* p, Output* out);
  const char* Hex(const char* p, Output* out);
  const char* Partial(const char* p, Output* out);
  void Open(char c, Output* out);
  void Close(char c, Output* out);
  void BeforeItem(Output* out);
  void CodeUnit(uint32_t unit, Output* out);
  void FlushSurrogate(Output* out);

  Style style_;
  int depth_;
  State state_ = State::kOutside;
  bool just_opened_ = false;
  // An escape or a UTF-8 sequence under way, and how much of it is there.
  uint32_t unit_ = 0;
  int have_ = 0;
  char utf8_[4] = {};
  // A high surrogate whose partner may follow, or 0.
  uint32_t high_ = 0;
};

// The whole value at once.
std::string Restyle(std::string_view json, Style style);

}  // namespace stateserver::json
