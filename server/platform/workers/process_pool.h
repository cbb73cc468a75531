// SPDX-License-Identifier: Apache-2.0
//
// Spreads items over worker processes and gathers their answers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/call_context.h"
#include "server/platform/workers/worker.h"
#include "server/platform/workers/worker_options.h"

namespace stateserver::workers {

// For one thread. Processes are started when there is work, stay for the next Run, and end with the
// object, with an error, and with that thread.
class ProcessPool {
 public:
  // `context` outlives it: a call that is cancelled or late ends the work within 100 ms.
  ProcessPool(WorkerOptions options, const CallContext& context);
  ~ProcessPool();

  // Appends item `index` as JSON.
  using Encode = std::function<void(size_t index, std::string* out)>;

  // Each item's answer is taken once; in order within a request only. An error of `take` counts as
  // nonsense. At most one request for each process is held. Errors: WORKER_FAILED; RECORD_TOO_LARGE
  // for an item over `max_line`; CANCELLED, DEADLINE_EXCEEDED.
  absl::Status Run(size_t count, const Encode& encode, const TakeAnswer& take);

 private:
  struct Progress;

  absl::Status Work(Progress* progress);
  absl::Status GiveWork(Progress* progress);
  absl::StatusOr<Batch> NextBatch(Progress* progress);
  absl::Status TakeAnswers(Progress* progress);
  absl::Status Take(Worker& worker, const std::string& line, Progress* progress);
  void Wait() const;
  void ReportNetwork(const Worker& worker);

  const WorkerOptions options_;
  const CallContext& context_;
  std::vector<std::unique_ptr<Worker>> workers_;
  uint64_t last_id_ = 0;
  bool network_reported_ = false;
};

}  // namespace stateserver::workers
