// Rewrites of Python literals and code inside stored snapshots.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::workers {

// Python-only payload rewrites (85, 87: eval/repr of literals; 102: ast round
// trip) by Python's standard library.
class PayloadRewriter {
 public:
  virtual ~PayloadRewriter() = default;
  struct Item {
    int migration = 0;  // 85, 87 or 102
    std::string payload;
  };
  struct Answer {
    std::string payload;
    bool changed = false;
    std::vector<std::string> warnings;
    // Python could not, as SQLMesh's migration would fail.
    std::string error;
  };
  virtual absl::StatusOr<std::vector<Answer>> Rewrite(const std::vector<Item>& items) = 0;
};

}  // namespace stateserver::workers
