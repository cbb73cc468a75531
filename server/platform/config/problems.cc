// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/problems.h"

#include <algorithm>
#include <vector>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::config {

void Problems::Add(int line, std::string_view key, std::string_view sentence) {
  if (full()) {
    ++only_counted_;
  } else {
    problems_.push_back({line, std::string(key), std::string(sentence)});
  }
}

std::string Problems::Format(const Problem& problem) const {
  std::string text = file_;
  if (problem.line > 0) text += ":" + std::to_string(problem.line);
  if (!problem.key.empty()) text += ": " + problem.key;
  return text + ": " + problem.sentence;
}

absl::Status Problems::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  auto sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
  std::string text;
  for (const Problem& problem : sorted) {
    if (!text.empty()) text += '\n';
    text += Format(problem);
  }
  if (only_counted_ > 0) {
    text += Cat("\n", file_, ": ", only_counted_,
                only_counted_ == 1 ? " more problem" : " more problems");
  }
  const Problem& first = sorted.front();
  return Error(Reason::ARGUMENT_INVALID, text,
               "Correct the file; docs/configuration.md lists every key",
               {{"file", file_}, {"line", std::to_string(first.line)}, {"key", first.key}});
}

}  // namespace stateserver::config
