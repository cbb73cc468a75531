// SPDX-License-Identifier: Apache-2.0
//
// The problems of one configuration file, collected in one pass.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace stateserver::config {

class Problems {
 public:
  // `file` is the path as the user wrote it.
  explicit Problems(std::string file) : file_(std::move(file)) {}

  // Adds a problem. `line` counts from 1, or is 0 if unknown. `key` is a path such as
  // "gateways.prod.port", or "" for the whole file. `sentence` has no full stop. If it is full(),
  // the problem is only counted.
  void Add(int line, std::string_view key, std::string_view sentence);
  bool empty() const { return problems_.empty(); }
  // True from a hundred problems on, which nobody reads.
  bool full() const { return problems_.size() >= 100; }
  // Returns OK, or ARGUMENT_INVALID with one "file:line: key: sentence" per line, in the order of
  // the file, and the number of those that were only counted. The facts "file", "line" and "key"
  // describe the first problem.
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
  size_t only_counted_ = 0;
};

}  // namespace stateserver::config
