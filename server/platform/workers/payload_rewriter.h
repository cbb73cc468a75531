// SPDX-License-Identifier: Apache-2.0
//
// The rewrites of stored payloads that need Python's own parser: SQLMesh's migrations 85 and 87 (a
// literal, written as `repr` writes it) and 102 (a round trip through Python's `ast`). They are
// done by the standard library in a child process; a state without such rows needs no Python.
#ifndef STATESERVER_SERVER_WORKERS_PAYLOAD_REWRITER_H_
#define STATESERVER_SERVER_WORKERS_PAYLOAD_REWRITER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace stateserver::workers {

class PayloadRewriter {
 public:
  virtual ~PayloadRewriter() = default;

  struct Item {
    int migration = 0;  // 85, 87 or 102
    std::string payload;
    std::string model = {};  // the node's name: a warning of 87 says it
  };
  struct Answer {
    std::string payload;  // as it is to be stored; the item's own where `changed` is false
    bool changed = false;
    std::vector<std::string> warnings;
    std::string error;  // why Python could not; SQLMesh's own migration fails on such a payload
  };

  // One answer per item, in their order. Any number of items; they travel in bounded messages.
  // Errors: WORKER_FAILED when the process cannot be started, hangs, dies or answers nonsense.
  virtual absl::StatusOr<std::vector<Answer>> Rewrite(const std::vector<Item>& items) = 0;
};

}  // namespace stateserver::workers

#endif  // STATESERVER_SERVER_WORKERS_PAYLOAD_REWRITER_H_
