// SPDX-License-Identifier: Apache-2.0
//
// The workers that migrations use, as configured.
#pragma once

#include <memory>

#include "server/platform/call_context.h"
#include "server/platform/workers/fingerprint_worker.h"
#include "server/platform/workers/payload_rewriter.h"
#include "server/platform/workers/worker_options.h"

namespace stateserver::workers {

struct WorkersOptions {
  // If empty, python3 with the package that is installed next to the server.
  std::vector<std::string> rewrite_command;
  // If empty, there is no fingerprint worker.
  std::vector<std::string> fingerprint_command;
  absl::Duration timeout = absl::Seconds(60);
  int64_t memory_bytes = int64_t{2} << 30;
  // Maximum concurrent fingerprint processes; 0 means one for each processor.
  int fingerprint_processes = 0;
  std::function<void(const std::string&)> log = [](const std::string&) {};
};

// Workers is a value type that creates workers on request. A worker starts its processes on first
// use, belongs to one thread, and must not outlive `context`.
class Workers {
 public:
  Workers() = default;
  explicit Workers(WorkersOptions options) : options_(std::move(options)) {}

  std::unique_ptr<PayloadRewriter> Rewriter(const CallContext& context) const;
  // Returns null if none is configured.
  std::unique_ptr<FingerprintWorker> Fingerprints(const CallContext& context) const;

 private:
  WorkerOptions Common() const;

  WorkersOptions options_;
};

}  // namespace stateserver::workers
