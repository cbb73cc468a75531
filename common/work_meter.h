// SPDX-License-Identifier: Apache-2.0
//
// Asks, now and then, whether a long computation may go on.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/status/status.h"

namespace stateserver {

// Loops whose length a caller decides report their progress here and end early once MayContinue is
// false. The question is put at the first unit and then once every kInterval units, so that a unit
// of about a microsecond keeps a deadline to within some milliseconds. Not thread-safe.
class WorkMeter {
 public:
  // OK while the work may go on; the first error is final.
  using Question = std::function<absl::Status()>;
  static constexpr int64_t kInterval = 4096;

  // Never ends the work, only counts it.
  WorkMeter() = default;
  explicit WorkMeter(Question question) : question_(std::move(question)) {}

  // Counts `units` of work. False once the work must end; status() says why.
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
