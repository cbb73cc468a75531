// SPDX-License-Identifier: Apache-2.0
//
// Distribution of items over worker processes.
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

// ProcessPool is for use by one thread. It starts processes when there is work and keeps them for
// the next items. They end with this object, on an error, and when that thread ends.
class ProcessPool {
 public:
  // `context` must outlive this object. Work ends within 100 ms after the call is cancelled or past
  // its deadline.
  ProcessPool(WorkerOptions options, const CallContext& context);
  ~ProcessPool();

  // Encode appends item `index` as JSON.
  using Encode = std::function<void(size_t index, std::string* out)>;

  // Processes `count` items and passes each answer to `take` once; answers are ordered only within
  // a request. An error of `take` counts as an invalid answer. Memory: at most one request for each
  // process. Returns WORKER_FAILED, RECORD_TOO_LARGE for an item over `max_line`, CANCELLED or
  // DEADLINE_EXCEEDED.
  absl::Status Process(size_t count, const Encode& encode, const TakeAnswer& take);

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
