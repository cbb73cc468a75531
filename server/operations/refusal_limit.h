// SPDX-License-Identifier: Apache-2.0
//
// How many refused changes of one caller the audit trail describes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/occurrence_limit.h"
#include "server/operations/log.h"

namespace stateserver::operations {

// RefusalLimit bounds what callers can write by being refused: 20 refusals a minute for each
// principal on each gateway are recorded one by one, the others are counted. It tells 2,000
// principals apart; more of them in one minute share one count a gateway. Changes that were begun
// never pass through here. Thread-safe.
class RefusalLimit {
 public:
  // `left_out` gets the gateway of each refusal that is only counted.
  explicit RefusalLimit(std::function<void(std::string_view gateway)> left_out = {});

  // Whether to record this refusal.
  bool Admit(const OperationRequest& request);

  struct LeftOut {
    std::string gateway;
    // As OperationRequest; "(others)" for those that were not told apart.
    std::string principal;
    std::string method;
    int64_t count = 0;
  };
  // What was only counted since the last call, for RecordLeftOut.
  std::vector<LeftOut> TakeLeftOut();

 private:
  const std::function<void(std::string_view)> left_out_;
  OccurrenceLimit limit_;
};

// Writes one event that stands for `left_out.count` refusals. Best effort, as RecordRefused.
void RecordLeftOut(postgres::Pool& pool, const std::string& state_schema,
                   const RefusalLimit::LeftOut& left_out);

}  // namespace stateserver::operations
