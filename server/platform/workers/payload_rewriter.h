// SPDX-License-Identifier: Apache-2.0
//
// Rewrites of stored payloads that need Python's own parser: SQLMesh's migrations 85 and 87 (a
// literal in the form of `repr`) and 102 (a round trip through Python's `ast`). Python's standard
// library performs them in a child process; a state without such rows does not need Python.
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
    std::string model = {};  // the node's name, for the warnings of 87
  };
  struct Answer {
    std::string payload;  // the payload to store; equal to the item's own if `changed` is false
    bool changed = false;
    std::vector<std::string> warnings;
    std::string error;  // why Python failed; SQLMesh's own migration fails on such a payload too
  };

  // Computes one answer per item, in order. Accepts any number of items; they are sent in messages
  // of bounded size. Returns WORKER_FAILED if the process cannot be started, hangs, dies or sends
  // an invalid answer.
  virtual absl::StatusOr<std::vector<Answer>> Rewrite(const std::vector<Item>& items) = 0;
};

}  // namespace stateserver::workers

#endif  // STATESERVER_SERVER_WORKERS_PAYLOAD_REWRITER_H_
