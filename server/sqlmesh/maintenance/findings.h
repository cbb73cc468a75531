// SPDX-License-Identifier: Apache-2.0
//
// What is wrong in a state, one finding after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace stateserver::maintenance {

// In the order, and with the meaning, of stateserver.v1.FindingKind.
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
  std::string record;      // a snapshot's or environment's name
  std::string identifier;  // of a snapshot
  std::string message;     // one sentence
  std::string hint;        // what to do
};

// Counts all findings and hands on the first 100 of each kind.
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
