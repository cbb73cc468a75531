// SPDX-License-Identifier: Apache-2.0
//
// Rewrites of stored payloads that need Python's own parser: SQLMesh's migrations 85 and 87 (a
// literal in the form of `repr`) and 102 (a round trip through Python's `ast`). Python's standard
// library performs them in a child process; a state without such rows does not need Python.
#ifndef STATESERVER_SERVER_WORKERS_PAYLOAD_REWRITER_H_
#define STATESERVER_SERVER_WORKERS_PAYLOAD_REWRITER_H_

#include <optional>
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
    // The Python release in whose form the text is written, such as 3.12 or 3.12.3; if empty, that
    // of the worker.
    std::string release = {};
  };
  struct Answer {
    std::string payload;  // the payload to store; equal to the item's own if `changed` is false
    bool changed = false;
    std::vector<std::string> warnings;
    std::string error;  // why Python failed; SQLMesh's own migration fails on such a payload too
    // True if `error` is set because no configured Python can parse the payload.
    bool unread = false;
    // The release in whose form the text is written.
    std::string release;
    // True if other releases write the payload differently. `varies_in_series` is true if patch
    // releases of the same series do, and the item names no patch release.
    bool varies = false;
    bool varies_in_series = false;
  };

  // Evidence is what payloads tell about the Python that wrote them, as minor releases of Python 3.
  struct Evidence {
    std::optional<int> at_least;
    std::optional<int> before;
    std::string release;  // that of the worker
  };

  // Computes one answer per item, in order. Accepts any number of items; they are sent in messages
  // of bounded size. Returns WORKER_FAILED if the process cannot be started, hangs, dies or sends
  // an invalid answer.
  virtual absl::StatusOr<std::vector<Answer>> Rewrite(const std::vector<Item>& items) = 0;

  // Returns one piece of evidence per payload. Errors are those of Rewrite; a payload that Python
  // cannot parse tells nothing.
  virtual absl::StatusOr<std::vector<Evidence>> Inspect(
      const std::vector<std::string>& payloads) = 0;
};

}  // namespace stateserver::workers

#endif  // STATESERVER_SERVER_WORKERS_PAYLOAD_REWRITER_H_
