// SPDX-License-Identifier: Apache-2.0
//
// A limit on the refused changes per caller that the audit trail records individually.
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

// RefusalLimit bounds how much a caller can write by being refused. It admits 20 refusals a minute
// for each principal on each gateway and counts the rest. It distinguishes 2,000 principals;
// further principals within a minute share one count per gateway. Operations that have begun are
// not subject to it. Thread-safe.
class RefusalLimit {
 public:
  // `left_out` is called with the gateway of each refusal that is only counted.
  explicit RefusalLimit(std::function<void(std::string_view gateway)> left_out = {});

  // Returns true if this refusal is to be recorded, otherwise counts it.
  bool Admit(const OperationRequest& request);

  struct LeftOut {
    std::string gateway;
    // As in OperationRequest; "(others)" for principals that are not distinguished.
    std::string principal;
    std::string method;
    int64_t count = 0;
  };
  // Returns the refusals counted since the last call, for RecordLeftOut.
  std::vector<LeftOut> TakeLeftOut();

 private:
  const std::function<void(std::string_view)> left_out_;
  OccurrenceLimit limit_;
};

// Writes one event that represents `left_out.count` refusals. Best effort, like RecordRefused.
void RecordLeftOut(postgres::Pool& pool, const std::string& state_schema,
                   const RefusalLimit::LeftOut& left_out);

}  // namespace stateserver::operations
