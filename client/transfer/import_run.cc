// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/import_run.h"

#include <atomic>
#include <exception>
#include <latch>
#include <optional>
#include <thread>
#include <utility>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

// Answers reads the server's responses while the records are sent.
class Answers {
 public:
  // Abandons the producer at the end of the stream, because it may be blocked on a slow pipe after
  // the server or Ctrl-C has ended the call.
  Answers(ImportStream& stream, RecordProducer& producer, const ImportProgressSink& on_progress)
      : thread_([this, &stream, &producer, &on_progress] {
          Read(stream, on_progress);
          producer.Abandon();
        }) {}

  // Waits for the server's answer to begin: the first response, or the end of the stream.
  void WaitForFirst() { answered_.wait(); }
  // Waits for the end of the stream.
  void Join() { thread_.join(); }

  bool accepted() const { return accepted_; }
  std::optional<pb::ImportResult>& result() { return result_; }

 private:
  void Read(ImportStream& stream, const ImportProgressSink& on_progress) {
    pb::ImportResponse response;
    while (stream.Read(&response)) {
      if (!accepted_.exchange(true)) answered_.count_down();
      if (response.has_progress()) on_progress(response.progress());
      if (response.has_result()) result_ = std::move(*response.mutable_result());
    }
    if (!accepted_) answered_.count_down();
  }

  std::atomic<bool> accepted_ = false;
  std::latch answered_{1};
  std::optional<pb::ImportResult> result_;
  std::thread thread_;  // last member: it uses the others
};

enum class Sent { kEverything, kServerEnded, kFileBroken };

// Sends begin, records and commit. Sets `commit_sent` before the commit may be sent.
Sent Send(ImportStream& stream, pb::ImportBegin begin, RecordProducer& producer,
          bool* commit_sent) {
  pb::ImportRequest request;
  *request.mutable_begin() = std::move(begin);
  if (!stream.Write(request)) return Sent::kServerEnded;
  while (auto batch = producer.Next()) {
    if (!stream.Write(*batch)) return Sent::kServerEnded;
    producer.Recycle(std::move(batch));
  }
  if (!producer.ended()) return Sent::kServerEnded;
  if (!producer.status().ok()) return Sent::kFileBroken;
  *request.mutable_commit() = producer.commit();
  *commit_sent = true;
  if (!stream.Write(request)) return Sent::kServerEnded;
  stream.WritesDone();
  return Sent::kEverything;
}

// Returns the error for a stream that ended with `status` before the commit was sent; the server
// has rolled back.
absl::Status NotCommitted(const absl::Status& status, bool accepted) {
  if (IsFromServer(status)) return accepted ? AfterBegin(status) : status;
  return accepted || HasClientReason(status, ClientReason::INTERRUPTED) ? NothingChanged(status)
                                                                        : status;
}

constexpr size_t kReadAhead = 16 << 20;
constexpr size_t kBatchBytes = 256 << 10;
// Bytes of a record in a message and in memory in addition to its text.
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

absl::StatusOr<OperationEnd<pb::ImportResult>> RunImport(Client& client, pb::ImportBegin begin,
                                                         std::unique_ptr<StateFileReader> reader,
                                                         const ImportProgressSink& on_progress,
                                                         const AskingTimes& times) {
  AddFileHeader(reader->header(), &begin);
  begin.set_file_timestamp(reader->header().timestamp);
  OperationAt at{begin.gateway(), begin.operation_id()};
  auto stream = client.Import();
  RecordProducer producer(std::move(reader));
  Answers answers(*stream, producer, on_progress);
  bool commit_sent = false;
  Sent sent = Send(*stream, std::move(begin), producer, &commit_sent);
  // As in SQLMesh, what stands in the way of any import comes before an error in the records.
  if (sent == Sent::kFileBroken) answers.WaitForFirst();
  if (sent == Sent::kFileBroken && answers.accepted()) stream->Cancel();
  answers.Join();
  absl::Status status = stream->Finish();

  OperationEnd<pb::ImportResult> end;
  if (answers.result()) {
    end.result = std::move(*answers.result());
    return end;
  }
  // An input that ends because of the interrupt is not the cause.
  bool interrupted = HasClientReason(status, ClientReason::INTERRUPTED);
  bool refused = !answers.accepted() && IsFromServer(status);
  if (sent == Sent::kFileBroken && !interrupted && !refused) {
    return WithOperation(producer.status(), at.id);
  }
  if (status.ok()) {
    status = ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a result.");
  }
  if (!commit_sent) return WithOperation(NotCommitted(status, answers.accepted()), at.id);
  at.begun = answers.accepted();
  ASSIGN_OR_RETURN(*end.result.mutable_operation(), Settle(client, at, status, times));
  end.recovered = true;
  return end;
}

RecordProducer::Shared::Shared(std::unique_ptr<StateFileReader> r)
    : reader(std::move(r)), queue(kReadAhead) {}

absl::Status RecordProducer::Shared::Take(const RecordPart& part) {
  if (batch == nullptr) batch = recycler.Take();
  auto& records = *batch->mutable_records()->mutable_records();
  if (part.begin || records.empty()) {
    AddRecord(part, records.Add());
  } else {
    // Combines the reader's pieces of one record while there is space.
    records.rbegin()->mutable_json()->append(part.json);
  }
  records.rbegin()->set_continued(!part.end);
  checksum.Update(part.json);
  if (part.end) checksum.Update("\n");
  batch_bytes += part.json.size() + part.name.size() + kRecordOverhead;
  if (batch_bytes < kBatchBytes || Flush()) return absl::OkStatus();
  return Error(Reason::CANCELLED, "The server does not accept more records.");
}

bool RecordProducer::Shared::Flush() {
  if (batch == nullptr) return true;
  return queue.Push(std::move(batch), std::exchange(batch_bytes, 0));
}

void RecordProducer::Shared::ReadFile() {
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
      thread_([shared = shared_] { shared->ReadFile(); }) {}

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
