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

namespace {

bool Same(char a, char b) { return LowerChar(a) == LowerChar(b); }

// Returns the optimal string alignment distance.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = d[i - 1][j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1])) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Suggest(std::string_view word, const std::set<std::string>& candidates) {
  if (word.size() > 64) return "";
  std::string best;
  size_t best_distance = (word.size() <= 4 ? 1 : 2) + 1;
  for (const std::string& candidate : candidates) {
    size_t distance = Distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace stateserver::config
