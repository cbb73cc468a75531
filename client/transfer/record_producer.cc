// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/record_producer.h"

#include <exception>
#include <utility>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

constexpr size_t kReadAhead = 16 << 20;
constexpr size_t kBatchBytes = 256 << 10;
// What a record takes in a message and in memory besides its text.
constexpr size_t kRecordOverhead = 64;

pb::Section ProtoSection(Section section) {
  return section == Section::kSnapshots ? pb::SECTION_SNAPSHOTS : pb::SECTION_ENVIRONMENTS;
}

void AddRecord(const RecordPart& part, pb::Record* record) {
  record->set_section(ProtoSection(part.section));
  record->set_name(part.name.data(), part.name.size());
  record->set_json(part.json.data(), part.json.size());
}

}  // namespace

RecordProducer::Shared::Shared(std::unique_ptr<StateFileReader> r)
    : reader(std::move(r)), queue(kReadAhead) {}

absl::Status RecordProducer::Shared::Take(const RecordPart& part) {
  if (batch == nullptr) batch = recycler.Take();
  auto& records = *batch->mutable_records()->mutable_records();
  if (part.begin || records.empty()) {
    AddRecord(part, records.Add());
  } else {
    // The reader's pieces of one record go together while there is room.
    records.rbegin()->mutable_json()->append(part.json);
  }
  records.rbegin()->set_continued(!part.end);
  checksum.Update(part.json);
  if (part.end) checksum.Update("\n");
  batch_bytes += part.json.size() + part.name.size() + kRecordOverhead;
  if (batch_bytes < kBatchBytes || Flush()) return absl::OkStatus();
  return Error(Reason::CANCELLED, "The server takes no more records.");
}

bool RecordProducer::Shared::Flush() {
  if (batch == nullptr) return true;
  return queue.Push(std::move(batch), std::exchange(batch_bytes, 0));
}

void RecordProducer::Shared::Run() {
  try {
    auto counts = reader->ReadRecords([this](const RecordPart& part) { return Take(part); });
    status = counts.status();
    if (status.ok()) {
      commit.set_snapshots(counts->snapshots);
      commit.set_environments(counts->environments);
      commit.set_checksum(checksum.FinishHex());
      Flush();
    }
  } catch (const std::exception& e) {
    status = Error(Reason::INTERNAL, Cat("Reading the state file failed: ", e.what()));
  }
  queue.Close();
}

RecordProducer::RecordProducer(std::unique_ptr<StateFileReader> reader)
    : shared_(std::make_shared<Shared>(std::move(reader))),
      thread_([shared = shared_] { shared->Run(); }) {}

RecordProducer::~RecordProducer() {
  shared_->queue.Abandon();
  if (ended_) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

std::unique_ptr<pb::ImportRequest> RecordProducer::Next() {
  auto message = shared_->queue.Pop();
  if (message) return std::move(*message);
  ended_ = !shared_->queue.abandoned();
  return nullptr;
}

void RecordProducer::Recycle(std::unique_ptr<pb::ImportRequest> message) {
  shared_->recycler.Give(std::move(message));
}

void RecordProducer::Abandon() { shared_->queue.Abandon(); }

}  // namespace stateserver::client
