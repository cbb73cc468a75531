// SPDX-License-Identifier: Apache-2.0
//
// A limit on long computations.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"

namespace stateserver {

// WorkMeter bounds loops whose length a caller controls. They report their progress and end early
// once MayContinue returns false. The question is evaluated at the first unit and then once every
// kInterval units; with units of about a microsecond a deadline is met to within a few
// milliseconds. Not thread-safe.
class WorkMeter {
 public:
  // Question returns OK while the work may continue; the first error is final.
  using Question = std::function<absl::Status()>;
  static constexpr int64_t kInterval = 4096;

  // Creates a meter that only counts and never ends the work.
  WorkMeter() = default;
  explicit WorkMeter(Question question) : question_(std::move(question)) {}

  // Counts `units` of work. Returns false once the work must end; status() holds the reason.
  bool MayContinue(int64_t units = 1) {
    units_ += units;
    if (units_ < next_ || !question_) return status_.ok();
    next_ = units_ + kInterval;
    if (status_.ok()) status_ = question_();
    return status_.ok();
  }
  const absl::Status& status() const { return status_; }
  int64_t units() const { return units_; }

 private:
  Question question_;
  absl::Status status_;
  int64_t units_ = 0;
  int64_t next_ = 0;
};

}  // namespace stateserver
