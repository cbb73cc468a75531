// SPDX-License-Identifier: Apache-2.0
//
// One Import, from a state file's records to the server's result.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/statefile/reader.h"
#include "client/transfer/outcome.h"
#include "common/sha256.h"

namespace stateserver::client {

// ImportProgressSink is called from a thread other than the importing one.
using ImportProgressSink = std::function<void(const pb::Progress&)>;

// Sends begin, the records of `reader` and commit, and reads responses meanwhile. `begin` holds
// everything except the values of the file's header, which are added here. Returns errors of the
// file, the server and the connection; if the server refuses `begin`, its error comes first. Errors
// before the commit was sent state that nothing was changed; after it, the outcome is requested
// (Settle). All errors carry the operation's id.
absl::StatusOr<OperationEnd<pb::ImportResult>> RunImport(Client& client, pb::ImportBegin begin,
                                                         std::unique_ptr<StateFileReader> reader,
                                                         const ImportProgressSink& on_progress,
                                                         const AskingTimes& times = {});

// BoundedQueue connects one producer and one consumer; any thread may call Abandon.
template <typename T>
class BoundedQueue {
 public:
  // An item heavier than `capacity` passes alone.
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  // Waits for space. Returns false if the consumer is gone.
  bool Push(T item, size_t weight) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock,
                  [&] { return abandoned_ || items_.empty() || weight_ + weight <= capacity_; });
    if (abandoned_) return false;
    items_.emplace_back(std::move(item), weight);
    weight_ += weight;
    changed_.notify_all();
    return true;
  }

  // Waits for an item. Returns nullopt after Close and the last item.
  std::optional<T> Pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !items_.empty() || closed_ || abandoned_; });
    if (items_.empty() || abandoned_) return std::nullopt;
    T item = std::move(items_.front().first);
    weight_ -= items_.front().second;
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  bool abandoned() {
    std::lock_guard lock(mutex_);
    return abandoned_;
  }

  // Called by the producer after the last item.
  void Close() { Set(&closed_); }
  // Called by the consumer to stop; queued items are dropped.
  void Abandon() { Set(&abandoned_); }

 private:
  void Set(bool* flag) {
    std::lock_guard lock(mutex_);
    *flag = true;
    changed_.notify_all();
  }

  const size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<T, size_t>> items_;
  size_t weight_ = 0;
  bool closed_ = false;
  bool abandoned_ = false;
};

// Recycler passes messages back from one thread to another. A cleared message keeps its strings'
// memory, so that a long stream allocates nothing.
template <typename Message>
class Recycler {
 public:
  std::unique_ptr<Message> Take() {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<Message>();
    std::unique_ptr<Message> message = std::move(free_.back());
    free_.pop_back();
    return message;
  }

  void Give(std::unique_ptr<Message> message) {
    message->Clear();
    std::lock_guard lock(mutex_);
    free_.push_back(std::move(message));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Message>> free_;
};

// Copies what the header says of the file's records. `Begin` is ImportBegin or MigrateFileBegin.
template <typename Begin>
void AddFileHeader(const StateFileHeader& header, Begin* begin) {
  begin->set_file_version(static_cast<int32_t>(header.file_version));
  begin->set_importable(header.importable);
  pb::Versions* versions = begin->mutable_versions();
  versions->set_schema_version(static_cast<int32_t>(header.versions.schema_version));
  versions->set_sqlglot_version(header.versions.sqlglot_version);
  versions->set_sqlmesh_version(header.versions.sqlmesh_version);
}

// RecordProducer converts the records of a state file to messages of an Import, on a separate
// thread so that parsing and sending overlap.
class RecordProducer {
 public:
  // Starts reading. At most 16 MiB are read ahead.
  explicit RecordProducer(std::unique_ptr<StateFileReader> reader);
  // Joins the thread only if it has read to the end. Otherwise it may be blocked on a pipe
  // indefinitely; it ends at its next message or with the process.
  ~RecordProducer();
  RecordProducer(const RecordProducer&) = delete;
  RecordProducer& operator=(const RecordProducer&) = delete;

  // Returns the next message, about 256 KiB. Returns null at the end of the file, after an error,
  // or once abandoned.
  std::unique_ptr<pb::ImportRequest> Next();
  // Returns a sent message for reuse.
  void Recycle(std::unique_ptr<pb::ImportRequest> message);
  // Stops reading, because messages are no longer consumed. May be called from any thread.
  void Abandon();

  // Returns true if the file was read to its end or its error, that is, not abandoned before.
  bool ended() const { return ended_; }
  // Return the result of the reading, and what was read. Valid once ended.
  const absl::Status& status() const { return shared_->status; }
  const pb::ImportCommit& commit() const { return shared_->commit; }

 private:
  // Shared outlives the producer if its thread does.
  struct Shared {
    explicit Shared(std::unique_ptr<StateFileReader> r);
    void ReadFile();
    absl::Status Take(const RecordPart& part);
    bool Flush();

    std::unique_ptr<StateFileReader> reader;
    BoundedQueue<std::unique_ptr<pb::ImportRequest>> queue;
    Recycler<pb::ImportRequest> recycler;
    std::unique_ptr<pb::ImportRequest> batch;
    size_t batch_bytes = 0;
    Sha256 checksum;
    absl::Status status;
    pb::ImportCommit commit;
  };

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
  bool ended_ = false;
};

}  // namespace stateserver::client
