// SPDX-License-Identifier: Apache-2.0
//
// One worker process under supervision: its start and hello, one request at a time, its deadlines,
// and one restart when it dies over a batch. Nothing here waits but Fail, and that for a moment.
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

// The lines that server and worker exchange; docs/workers.md describes them.

inline constexpr int kProtocol = 1;

struct Hello {
  std::string role;
  std::string fatal;  // the worker's sentence where it cannot work
  std::string wrong;  // why this is no hello; empty when it is one
};
Hello ParseHello(const std::string& line);

// {"id":N,"items":[…]}: Begin, the items with ',' between them, End.
std::string BeginRequest(uint64_t id);
void EndRequest(std::string* request);

using TakeAnswer = std::function<absl::Status(size_t index, simdjson::dom::element answer)>;

// Checks the answer to request `id` of `count` items and hands out its elements. ARGUMENT_INVALID
// with a phrase for a line that is no such answer; what `take` returns comes back as it is.
absl::Status ParseAnswer(const std::string& line, uint64_t id, size_t count,
                         const TakeAnswer& take);

// A member of an answer's element: a text, "" where absent. ARGUMENT_INVALID for another type.
absl::StatusOr<std::string> TextOf(simdjson::dom::element element, const char* key);

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
