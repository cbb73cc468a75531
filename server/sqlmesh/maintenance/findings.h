// SPDX-License-Identifier: Apache-2.0
//
// What an integrity check finds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace stateserver::maintenance {

// FindingKind has the values and the order of stateserver.v1.FindingKind.
enum class FindingKind {
  kUnreadableRow,
  kDanglingReference,
  kStalePromotedId,
  kStalePreviousFinalized,
  kDuplicateUnpaused,
  kIdentifierMismatch,
  kColumnMismatch,
  kMissingParent,
  kOrphanedIntervals,
  kOrphanedStatements,
  kOrphanedAutoRestatement,
};
inline constexpr size_t kFindingKinds = 11;

struct Finding {
  FindingKind kind = FindingKind::kUnreadableRow;
  std::string record;      // name of a snapshot or an environment
  std::string identifier;  // set for a snapshot
  std::string message;     // one sentence
  std::string hint;        // the remedy
};

// Findings counts all findings and passes on the first 100 of each kind.
class Findings {
 public:
  static constexpr int64_t kShown = 100;
  using Sink = std::function<void(const Finding&)>;

  explicit Findings(Sink sink) : sink_(std::move(sink)) {}

  void Add(const Finding& finding) {
    if (++counts_[static_cast<size_t>(finding.kind)] <= kShown) sink_(finding);
  }
  const std::array<int64_t, kFindingKinds>& counts() const { return counts_; }

 private:
  const Sink sink_;
  std::array<int64_t, kFindingKinds> counts_{};
};

}  // namespace stateserver::maintenance
