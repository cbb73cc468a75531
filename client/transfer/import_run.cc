// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/import_run.h"

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "client/transfer/record_producer.h"

namespace stateserver::client {
namespace {

void AddHeader(const StateFileHeader& header, pb::ImportBegin* begin) {
  begin->set_file_timestamp(header.timestamp);
  begin->set_file_version(static_cast<int32_t>(header.file_version));
  begin->set_importable(header.importable);
  begin->mutable_versions()->set_schema_version(
      static_cast<int32_t>(header.versions.schema_version));
  begin->mutable_versions()->set_sqlglot_version(header.versions.sqlglot_version);
  begin->mutable_versions()->set_sqlmesh_version(header.versions.sqlmesh_version);
}

// Reads the server's answers while the records go up.
class Answers {
 public:
  // At the end of the stream the producer is abandoned: it may be waiting for a
  // slow pipe while the server, or Ctrl-C, has ended the call.
  Answers(ImportStream& stream, RecordProducer& producer, const ImportProgressSink& on_progress)
      : thread_([this, &stream, &producer, &on_progress] {
          Read(stream, on_progress);
          producer.Abandon();
        }) {}

  // Waits for the end of the stream.
  void Join() { thread_.join(); }

  bool accepted() const { return accepted_; }
  std::optional<pb::ImportResult>& result() { return result_; }

 private:
  void Read(ImportStream& stream, const ImportProgressSink& on_progress) {
    pb::ImportResponse response;
    while (stream.Read(&response)) {
      accepted_ = true;
      if (response.has_progress()) on_progress(response.progress());
      if (response.has_result()) result_ = std::move(*response.mutable_result());
    }
  }

  std::atomic<bool> accepted_ = false;
  std::optional<pb::ImportResult> result_;
  std::thread thread_;  // last: it uses the others
};

enum class Sent { kEverything, kServerEnded, kFileBroken };

// Begin, records, commit. `commit_sent` is set before the commit may leave.
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

// The stream ended with `status` before the commit was sent: the server has
// rolled back, whatever it was.
absl::Status NotCommitted(const absl::Status& status, bool accepted) {
  if (IsFromServer(status)) return accepted ? AfterBegin(status) : status;
  return accepted || HasClientReason(status, ClientReason::INTERRUPTED) ? NothingChanged(status)
                                                                        : status;
}

}  // namespace

absl::StatusOr<OperationEnd<pb::ImportResult>> RunImport(Client& client, pb::ImportBegin begin,
                                                         std::unique_ptr<StateFileReader> reader,
                                                         const ImportProgressSink& on_progress,
                                                         const AskingTimes& times) {
  AddHeader(reader->header(), &begin);
  OperationAt at{begin.gateway(), begin.operation_id()};
  auto stream = client.Import();
  RecordProducer producer(std::move(reader));
  Answers answers(*stream, producer, on_progress);
  bool commit_sent = false;
  Sent sent = Send(*stream, std::move(begin), producer, &commit_sent);
  if (sent == Sent::kFileBroken) stream->Cancel();
  answers.Join();
  absl::Status status = stream->Finish();

  OperationEnd<pb::ImportResult> end;
  if (answers.result()) {
    end.result = std::move(*answers.result());
    return end;
  }
  // Input that ends because of the interrupt is not what went wrong.
  bool interrupted = HasClientReason(status, ClientReason::INTERRUPTED);
  if (sent == Sent::kFileBroken && !interrupted) return WithOperation(producer.status(), at.id);
  if (status.ok()) {
    status = ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a result.");
  }
  if (!commit_sent) return WithOperation(NotCommitted(status, answers.accepted()), at.id);
  at.begun = answers.accepted();
  ASSIGN_OR_RETURN(*end.result.mutable_operation(), Settle(client, at, status, times));
  end.recovered = true;
  return end;
}

}  // namespace stateserver::client
