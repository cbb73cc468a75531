// SPDX-License-Identifier: Apache-2.0
//
// Everything that is wrong with one configuration file, found in one pass.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace stateserver::config {

class Problems {
 public:
  // `file` as the user wrote it.
  explicit Problems(std::string file) : file_(std::move(file)) {}

  // `line` from 1, 0 when there is none; `key` as "gateways.prod.port", "" for
  // the file as a whole; `sentence` without a full stop.
  void Add(int line, std::string_view key, std::string_view sentence);
  bool empty() const { return problems_.empty(); }
  // OK, or ARGUMENT_INVALID with one "file:line: key: sentence" per line, in
  // the order of the file; facts "file", "line" and "key" are those of the first.
  absl::Status ToStatus() const;

 private:
  struct Problem {
    int line;
    std::string key;
    std::string sentence;
  };

  std::string Format(const Problem& problem) const;

  std::string file_;
  std::vector<Problem> problems_;
};

// The candidate nearest to `word` by insertions, deletions, replacements and
// swaps of neighbours (letters compared without case); empty when none is near
// enough to be meant: one slip for up to 4 letters, else two.
std::string Suggest(std::string_view word, const std::set<std::string>& candidates);

// Lower case of ASCII letters.
inline std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace stateserver::config
