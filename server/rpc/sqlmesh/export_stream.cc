// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/export_stream.h"

#include "common/error.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/times.h"

namespace stateserver::rpc {
namespace {

constexpr size_t kBatchBytes = 256 << 10;
constexpr size_t kQueuedMessages = 4;

absl::Status Broken() {
  return Error(Reason::CANCELLED, "The caller disconnected during the export");
}

}  // namespace

ExportStream::ExportStream(v1::ExportHeader header, Write write, Observe observe)
    : header_(std::move(header)),
      write_(std::move(write)),
      observe_(std::move(observe)),
      batch_(std::make_unique<v1::ExportResponse>()),
      writer_([this] { WriteMessages(); }) {}

ExportStream::~ExportStream() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

absl::Status ExportStream::Header(const transfer::ExportHeader& header) {
  auto message = NewMessage();
  *header_.mutable_versions() = ToProto(header.versions);
  *header_.mutable_counts() = ToProto(header.counts);
  *header_.mutable_read_time() = TimeToProto(header.snapshot_ts);
  *message->mutable_header() = header_;
  return Push(std::move(message));
}

absl::Status ExportStream::Part(const transfer::RecordPart& part) {
  if (batch_bytes_ + part.json.size() > transfer::kMaxPartBytes) RETURN_IF_ERROR(Flush());
  v1::Record* record = batch_->mutable_records()->add_records();
  record->set_section(part.section == transfer::Section::kSnapshots ? v1::SECTION_SNAPSHOTS
                                                                    : v1::SECTION_ENVIRONMENTS);
  record->set_name(part.name.data(), part.name.size());
  record->set_identifier(part.identifier.data(), part.identifier.size());
  record->set_json(part.json.data(), part.json.size());
  record->set_continued(part.continued);
  batch_bytes_ += part.json.size();
  batch_records_ += !part.continued;
  batch_section_ = part.section;
  return batch_bytes_ >= kBatchBytes ? Flush() : absl::OkStatus();
}

absl::Status ExportStream::Flush() {
  if (!batch_->has_records()) return absl::OkStatus();
  observe_(batch_section_, batch_records_, static_cast<int64_t>(batch_bytes_));
  batch_bytes_ = 0;
  batch_records_ = 0;
  Message full = std::move(batch_);
  batch_ = NewMessage();
  return Push(std::move(full));
}

absl::Status ExportStream::Finish(const transfer::ExportTrailer& trailer) {
  RETURN_IF_ERROR(Flush());
  auto message = NewMessage();
  *message->mutable_trailer() = ToProto(trailer);
  RETURN_IF_ERROR(Push(std::move(message)));
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  writer_.join();
  return broken_ ? Broken() : absl::OkStatus();
}

ExportStream::Message ExportStream::NewMessage() {
  std::lock_guard lock(mutex_);
  if (spare_.empty()) return std::make_unique<v1::ExportResponse>();
  Message message = std::move(spare_.back());
  spare_.pop_back();
  return message;
}

absl::Status ExportStream::Push(Message message) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return broken_ || queue_.size() < kQueuedMessages; });
  if (broken_) return Broken();
  queue_.push_back(std::move(message));
  lock.unlock();
  changed_.notify_all();
  return absl::OkStatus();
}

void ExportStream::WriteMessages() {
  while (true) {
    Message message;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
      if (queue_.empty()) return;
      message = std::move(queue_.front());
      queue_.pop_front();
    }
    changed_.notify_all();
    bool ok = write_(*message);
    message->Clear();  // keeps its buffers for the next batch
    {
      std::lock_guard lock(mutex_);
      broken_ = broken_ || !ok;
      spare_.push_back(std::move(message));
    }
    changed_.notify_all();
    if (!ok) return;
  }
}

}  // namespace stateserver::rpc
