// SPDX-License-Identifier: Apache-2.0
//
// A bound on what a server, which is not trusted, makes the client hold.
#pragma once

#include <cstddef>

#include "absl/status/status.h"

namespace stateserver::client {

// AnswerLimit counts the messages of one answer, or the pages of one list. A schema of 5,000 tables
// has about 40 MiB.
class AnswerLimit {
 public:
  static constexpr size_t kMostBytes = size_t{1} << 30;

  // Counts a message of `bytes`. Returns ANSWER_INVALID beyond kMostBytes.
  absl::Status Count(size_t bytes);

 private:
  size_t bytes_ = 0;
};

}  // namespace stateserver::client
