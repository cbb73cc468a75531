// SPDX-License-Identifier: Apache-2.0
//
// Streaming of an export's records over gRPC. A separate thread writes the messages, so that
// reading from PostgreSQL, encoding and sending overlap. A slow client fills the short queue, which
// slows the read and bounds memory.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "server/sqlmesh/transfer/exporter.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::rpc {

// ExportStream batches records into messages. For use by one producer thread. Write functions are
// called only from the writer's thread.
class ExportStream : public transfer::ExportSink {
 public:
  // Write returns false if the stream is broken.
  using Write = std::function<bool(const v1::ExportResponse&)>;
  // Observe receives the records and bytes of every message after it is sent.
  using Observe = std::function<void(transfer::Section, int64_t records, int64_t bytes)>;

  ExportStream(v1::ExportHeader header, Write write, Observe observe);
  // Joins the writer and drops messages that are not written yet.
  ~ExportStream() override;

  absl::Status Header(const transfer::ExportHeader& header) override;
  absl::Status Part(const transfer::RecordPart& part) override;
  // Sends the trailer and waits until everything is written.
  absl::Status Finish(const transfer::ExportTrailer& trailer);

 private:
  using Message = std::unique_ptr<v1::ExportResponse>;

  absl::Status Push(Message message);
  absl::Status Flush();
  void WriteMessages();
  Message NewMessage();

  v1::ExportHeader header_;
  const Write write_;
  const Observe observe_;

  Message batch_;
  size_t batch_bytes_ = 0;
  int64_t batch_records_ = 0;
  transfer::Section batch_section_ = transfer::Section::kSnapshots;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> queue_;
  std::vector<Message> spare_;
  bool closed_ = false;
  bool broken_ = false;
  std::thread writer_;
};

}  // namespace stateserver::rpc
