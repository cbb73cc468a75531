// SPDX-License-Identifier: Apache-2.0
//
// The hashes of nodes: by the server, else by the fingerprint worker.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/workers/fingerprint_worker.h"
#include "server/sqlmesh/fingerprint/node_hasher.h"
#include "server/sqlmesh/migrations/rows/graph.h"
#include "server/sqlmesh/migrations/rows/read_nodes.h"

namespace stateserver::migrations {

// Not thread-safe. Holds a few MiB of documents for the worker.
class NodeHashes {
 public:
  // `worker` may be null.
  NodeHashes(workers::FingerprintWorker* worker, Graph* graph,
             std::vector<Unsupported>* unsupported)
      : worker_(worker), graph_(*graph), unsupported_(*unsupported) {}

  // Sets `after` of the node, now or with a later call.
  absl::Status Add(NodeIndex node, simdjson::dom::element document, std::string_view text);
  // Asks the worker for what is left.
  absl::Status Finish();

 private:
  absl::Status AskWorker();
  void Keep(NodeIndex node, std::string reason);

  fingerprint::NodeHasher hasher_;
  workers::FingerprintWorker* worker_;
  Graph& graph_;
  std::vector<Unsupported>& unsupported_;
  std::vector<Unsupported> asked_;
  std::vector<std::string> documents_;
  size_t bytes_ = 0;
};

}  // namespace stateserver::migrations
