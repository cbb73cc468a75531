// SPDX-License-Identifier: Apache-2.0
//
// A line of a Python worker as the answer to a request of two items.
#include <string>

#include "common/error.h"
#include "server/platform/workers/worker.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::fuzz::Check;
  namespace workers = stateserver::workers;
  constexpr size_t kItems = 2;
  std::string line(stateserver::fuzz::TextOf(data, size));
  size_t taken = 0;
  absl::Status status = workers::ParseAnswer(
      line, 7, kItems, [&](size_t index, simdjson::dom::element answer) -> absl::Status {
        Check(index == taken++ && answer.is_object());
        return workers::TextOf(answer, "text").status();
      });
  Check(taken <= kItems);
  if (status.ok()) {
    Check(taken == kItems);
  } else {
    Check(stateserver::ReasonOf(status) == stateserver::Reason::ARGUMENT_INVALID);
  }
  return 0;
}
