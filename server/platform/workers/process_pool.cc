// SPDX-License-Identifier: Apache-2.0

#include "server/platform/workers/process_pool.h"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"

namespace stateserver::workers {
namespace {

// Interval of checks for a cancelled call.
constexpr absl::Duration kLook = absl::Milliseconds(100);

}  // namespace

struct ProcessPool::Progress {
  size_t count;
  const Encode& encode;
  const TakeAnswer& take;
  size_t next = 0;  // first item not yet sent
  size_t done = 0;
  std::string pending;  // item `next`, if it did not fit into the previous request
};

ProcessPool::ProcessPool(WorkerOptions options, const CallContext& context)
    : options_(std::move(options)), context_(context) {
  for (int i = 0; i < std::max(1, options_.processes); ++i) {
    workers_.push_back(std::make_unique<Worker>(options_));
  }
}

ProcessPool::~ProcessPool() = default;

absl::Status ProcessPool::Process(size_t count, const Encode& encode, const TakeAnswer& take) {
  Progress progress{count, encode, take, 0, 0, {}};
  absl::Status status = Work(&progress);
  if (!status.ok()) {
    for (auto& worker : workers_) worker = std::make_unique<Worker>(options_);
  }
  return status;
}

absl::Status ProcessPool::Work(Progress* progress) {
  while (progress->done < progress->count) {
    RETURN_IF_ERROR(context_.Check());
    RETURN_IF_ERROR(GiveWork(progress));
    Wait();
    RETURN_IF_ERROR(TakeAnswers(progress));
  }
  return absl::OkStatus();
}

absl::Status ProcessPool::GiveWork(Progress* progress) {
  for (auto& worker : workers_) {
    if (progress->next == progress->count) return absl::OkStatus();
    if (!worker->idle()) continue;
    ASSIGN_OR_RETURN(Batch batch, NextBatch(progress));
    RETURN_IF_ERROR(worker->Give(std::move(batch)));
    ReportNetwork(*worker);
  }
  return absl::OkStatus();
}

absl::StatusOr<Batch> ProcessPool::NextBatch(Progress* progress) {
  Batch batch;
  batch.first = progress->next;
  batch.id = ++last_id_;
  batch.request = BeginRequest(batch.id);
  while (progress->next < progress->count && batch.count < options_.batch_items) {
    std::string item = std::move(progress->pending);
    progress->pending.clear();
    if (item.empty()) progress->encode(progress->next, &item);
    if (item.size() + 64 > options_.max_line) {
      return Error(Reason::RECORD_TOO_LARGE,
                   Cat("One of the items for the ", options_.role, " worker takes ", item.size(),
                       " bytes; the limit is ", options_.max_line));
    }
    if (batch.count > 0 && batch.request.size() + item.size() > options_.batch_bytes) {
      progress->pending = std::move(item);
      break;
    }
    AppendTo(&batch.request, batch.count > 0 ? "," : "", item);
    ++batch.count;
    ++progress->next;
  }
  EndRequest(&batch.request);
  return batch;
}

absl::Status ProcessPool::TakeAnswers(Progress* progress) {
  for (auto& worker : workers_) {
    ASSIGN_OR_RETURN(std::optional<std::string> line, worker->Step());
    if (line.has_value()) RETURN_IF_ERROR(Take(*worker, *line, progress));
  }
  return absl::OkStatus();
}

absl::Status ProcessPool::Take(Worker& worker, const std::string& line, Progress* progress) {
  const Batch& batch = worker.batch();
  absl::Status status =
      ParseAnswer(line, batch.id, batch.count, [&](size_t index, simdjson::dom::element answer) {
        return progress->take(batch.first + index, answer);
      });
  if (!status.ok()) {
    std::string_view what = MessageOf(status);
    return worker.Fail(Cat("sent an invalid answer: ", what));
  }
  progress->done += batch.count;
  return absl::OkStatus();
}

void ProcessPool::Wait() const {
  std::vector<pollfd> polled;
  absl::Time until = SteadyNow() + kLook;
  for (const auto& worker : workers_) {
    worker->AddTo(&polled);
    until = std::min(until, worker->deadline());
  }
  int64_t wait = absl::ToInt64Milliseconds(until - SteadyNow()) + 1;
  poll(polled.data(), polled.size(), static_cast<int>(std::max<int64_t>(0, wait)));
}

void ProcessPool::ReportNetwork(const Worker& worker) {
  if (worker.network_error() == 0 || std::exchange(network_reported_, true)) return;
  options_.log(Cat(NameOf(options_),
                   " can use the network of this machine, because the kernel did not isolate it (",
                   std::strerror(worker.network_error()), ")"));
}

}  // namespace stateserver::workers
