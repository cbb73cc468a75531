// SPDX-License-Identifier: Apache-2.0
//
// A text as the file `revisions.sum`: what is read is printed, and reads back the same.
#include "common/error.h"
#include "revisions/sums.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::fuzz::Check;
  namespace revisions = stateserver::revisions;
  auto sums = revisions::ReadSums(stateserver::fuzz::TextOf(data, size));
  if (!sums.ok()) {
    Check(stateserver::ReasonOf(sums.status()) == stateserver::Reason::REVISION_INVALID);
    return 0;
  }
  auto again = revisions::ReadSums(revisions::PrintSums(*sums));
  Check(again.ok() && *again == *sums);
  return 0;
}
