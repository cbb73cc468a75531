// SPDX-License-Identifier: Apache-2.0
//
// Aligned columns under a header row; no box drawing, so that awk and cut work.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::client {

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. Control characters are shown as '?':
  // names come from a database and must not drive the terminal.
  void Add(std::vector<std::string> cells);
  void Print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Code points of UTF-8 text: near enough to columns on a terminal.
size_t DisplayWidth(std::string_view text);
// A dash where there is nothing to say.
inline std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }
// Control characters replaced by '?'.
std::string Printable(std::string_view text);

}  // namespace stateserver::client
