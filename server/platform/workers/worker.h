// SPDX-License-Identifier: Apache-2.0
//
// One worker process under supervision: its start and hello, one request at a time, its deadlines,
// and one restart when it dies over a batch. Nothing here waits but Fail, and that for a moment.
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/process/piped_child.h"
#include "server/platform/workers/worker_options.h"

namespace stateserver::workers {

// A request's text, without its line feed, and the items it carries.
struct Batch {
  size_t first = 0;
  size_t count = 0;
  uint64_t id = 0;
  std::string request;
};

// For one thread; the process is killed with the object and with that thread.
class Worker {
 public:
  // `options` outlives it.
  explicit Worker(const WorkerOptions& options) : options_(options) {}

  bool idle() const { return state_ == State::kNone || state_ == State::kIdle; }
  const Batch& batch() const { return batch_; }

  // When idle. Starts the process where there is none.
  absl::Status Give(Batch batch);
  // Goes on as far as possible: the answer's line once it is there. Errors: WORKER_FAILED.
  absl::StatusOr<std::optional<std::string>> Step();
  // Ends the process: WORKER_FAILED saying that it `did` ("answered nonsense: …"), with what its
  // stderr says last.
  absl::Status Fail(std::string_view did);

  void AddTo(std::vector<pollfd>* polled) const;
  // When it is late; in the infinite future when nothing is awaited.
  absl::Time deadline() const { return deadline_; }
  // The errno of the kernel that left it the network.
  int network_error() const { return network_error_; }

 private:
  enum class State { kNone, kStarting, kIdle, kBusy };

  absl::Status Start();
  absl::Status CheckHello(const std::string& line);
  void Send();
  absl::Status Died();
  std::string Doing() const;

  const WorkerOptions& options_;
  std::unique_ptr<PipedChild> child_;
  State state_ = State::kNone;
  Batch batch_;
  bool restarted_ = false;  // for this batch
  absl::Time deadline_ = absl::InfiniteFuture();
  int network_error_ = 0;
};

}  // namespace stateserver::workers
