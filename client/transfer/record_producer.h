// SPDX-License-Identifier: Apache-2.0
//
// The records of a state file as messages of an Import, read on a thread of
// their own so that parsing and sending overlap.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "client/connection/client.h"
#include "client/statefile/reader.h"
#include "client/transfer/bounded_queue.h"
#include "client/transfer/recycler.h"
#include "common/sha256.h"

namespace stateserver::client {

class RecordProducer {
 public:
  // Starts reading. At most 16 MiB are read ahead.
  explicit RecordProducer(std::unique_ptr<StateFileReader> reader);
  // Waits for the thread only when it was read to the end: else it may wait for
  // a pipe for ever, and ends at its next message or with the process.
  ~RecordProducer();
  RecordProducer(const RecordProducer&) = delete;
  RecordProducer& operator=(const RecordProducer&) = delete;

  // The next message, about 256 KiB; null at the end of the file or its error,
  // or once abandoned.
  std::unique_ptr<pb::ImportRequest> Next();
  // A message that was sent, to be filled again.
  void Recycle(std::unique_ptr<pb::ImportRequest> message);
  // Reading may stop: nobody takes messages any more. From any thread.
  void Abandon();

  // The file was read to its end, or to its error: not abandoned before.
  bool ended() const { return ended_; }
  // Once ended: how the reading ended, and what was read.
  const absl::Status& status() const { return shared_->status; }
  const pb::ImportCommit& commit() const { return shared_->commit; }

 private:
  // Outlives the producer when its thread does.
  struct Shared {
    explicit Shared(std::unique_ptr<StateFileReader> r);
    void Run();
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
