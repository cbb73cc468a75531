// SPDX-License-Identifier: Apache-2.0
//
// One supervised worker process: its start and hello, one request at a time, its deadlines, and one
// restart if it dies during a batch. Only Fail blocks, and only briefly.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/process/piped_child.h"
#include "server/platform/workers/worker_options.h"
#include "simdjson.h"

namespace stateserver::workers {

// A request {"id":N,"items":[…]} consists of BeginRequest, the items separated by ',', and
// EndRequest. docs/workers.md describes the protocol.
std::string BeginRequest(uint64_t id);
void EndRequest(std::string* request);

using TakeAnswer = std::function<absl::Status(size_t index, simdjson::dom::element answer)>;

// Checks the answer to request `id` of `count` items and passes its elements to `take`. Returns
// ARGUMENT_INVALID with a phrase if the line is not a valid answer; an error of `take` is returned
// unchanged.
absl::Status ParseAnswer(const std::string& line, uint64_t id, size_t count,
                         const TakeAnswer& take);

// Returns a text member of an answer's element, or "" if absent. Returns ARGUMENT_INVALID for
// another type.
absl::StatusOr<std::string> TextOf(simdjson::dom::element element, const char* key);

// Batch is a request's text, without its line feed, and the range of items it carries.
struct Batch {
  size_t first = 0;
  size_t count = 0;
  uint64_t id = 0;
  std::string request;
};

// Worker is for use by one thread. The process is killed with this object and when that thread
// ends.
class Worker {
 public:
  // `options` must outlive this object.
  explicit Worker(const WorkerOptions& options) : options_(options) {}

  bool idle() const { return state_ == State::kNone || state_ == State::kIdle; }
  const Batch& batch() const { return batch_; }

  // Sends a batch and starts the process if necessary. The worker must be idle. Returns
  // WORKER_FAILED, or the error of `admit`.
  absl::Status Give(Batch batch);
  // Proceeds as far as possible without blocking. Returns the answer's line once it is complete.
  // Returns WORKER_FAILED, or the error of `admit` for a second process.
  absl::StatusOr<std::optional<std::string>> Step();
  // Ends the process. Returns WORKER_FAILED stating what it `did` ("answered nonsense: …"), with
  // the end of its stderr.
  absl::Status Fail(std::string_view did);

  void AddTo(std::vector<pollfd>* polled) const;
  // Returns the time by which the process must respond; infinite if nothing is pending.
  absl::Time deadline() const { return deadline_; }
  // Returns the errno with which the kernel refused to isolate the process from the network.
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
  bool restarted_ = false;  // whether this batch has caused a restart
  absl::Time deadline_ = absl::InfiniteFuture();
  int network_error_ = 0;
};

}  // namespace stateserver::workers
