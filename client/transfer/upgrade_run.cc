// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/upgrade_run.h"

#include <thread>
#include <utility>

#include "client/errors.h"
#include "client/statefile/part_spool.h"
#include "client/transfer/import_run.h"
#include "common/error.h"

namespace stateserver::client {
namespace {

// Sender sends the records and the commit on its own thread.
class Sender {
 public:
  Sender(UpgradeStream& stream, std::unique_ptr<StateFileReader> reader)
      : stream_(stream), producer_(std::move(reader)), thread_([this] { Send(); }) {}

  // The call has ended; unsent records are discarded.
  void Join() {
    producer_.Abandon();
    thread_.join();
  }
  // Returns the error of the file if reading it failed.
  const absl::Status& file_status() const { return file_status_; }

 private:
  void Send() {
    pb::MigrateStateFileRequest request;
    while (auto batch = producer_.Next()) {
      request.mutable_records()->Swap(batch->mutable_records());
      if (!stream_.Write(request)) return;
      batch->mutable_records()->Swap(request.mutable_records());
      producer_.Recycle(std::move(batch));
    }
    if (!producer_.ended()) return;
    file_status_ = producer_.status();
    if (!file_status_.ok()) {
      stream_.Cancel();
      return;
    }
    *request.mutable_commit() = producer_.commit();
    if (stream_.Write(request)) stream_.WritesDone();
  }

  UpgradeStream& stream_;
  RecordProducer producer_;
  absl::Status file_status_;
  std::thread thread_;  // last member: it uses the others
};

// ExportedStream is the export contained in an upgrade's responses.
class ExportedStream : public ServerStream<pb::ExportResponse> {
 public:
  ExportedStream(UpgradeStream& stream, const UpgradeProgress& progress, UpgradeEnd* end)
      : stream_(stream), progress_(progress), end_(*end) {}

  bool Read(pb::ExportResponse* response) override {
    while (stream_.Read(&message_)) {
      if (message_.has_exported()) {
        response->Swap(message_.mutable_exported());
        return true;
      }
      if (message_.has_progress()) progress_.on_migration(message_.progress());
      if (message_.has_report()) end_.report = std::move(*message_.mutable_report());
    }
    return false;
  }
  absl::Status Finish() override { return stream_.Finish(); }
  void Cancel() override { stream_.Cancel(); }

 private:
  UpgradeStream& stream_;
  const UpgradeProgress& progress_;
  UpgradeEnd& end_;
  pb::MigrateStateFileResponse message_;
};

// Copies the records with the new versions. Keeps the token if it is still valid.
absl::StatusOr<RecordCounts> Copy(StateFileReader& reader, const pb::Versions& versions,
                                  const OpenWriter& open, const ExportProgress& progress) {
  StateFileHeader header = reader.header();
  bool keep_token = !header.token.empty() &&
                    header.versions.sqlmesh_version == versions.sqlmesh_version() &&
                    header.versions.sqlglot_version == versions.sqlglot_version();
  ASSIGN_OR_RETURN(auto writer, open(keep_token));
  header.versions.schema_version = versions.schema_version();
  header.versions.sqlglot_version = versions.sqlglot_version();
  header.versions.sqlmesh_version = versions.sqlmesh_version();
  RETURN_IF_ERROR(writer->WriteHeader(header));
  auto write = [&](const RecordPart& part) -> absl::Status {
    RETURN_IF_ERROR(writer->Write(part));
    progress.on_records(writer->counts());
    return absl::OkStatus();
  };
  // Snapshots are written first, regardless of the order in the input.
  PartSpool early(Section::kEnvironments, "the file's environments");
  bool seen_snapshots = false;
  auto read = reader.ReadRecords([&](const RecordPart& part) {
    seen_snapshots = seen_snapshots || part.section == Section::kSnapshots;
    return seen_snapshots ? write(part) : early.Add(part);
  });
  RETURN_IF_ERROR(read.status());
  RETURN_IF_ERROR(early.Replay(write));
  RETURN_IF_ERROR(writer->Finish(keep_token ? header.token : ""));
  return writer->counts();
}

// Waits for the server's response to the file's header.
absl::StatusOr<pb::MigrateFileAccepted> Begin(UpgradeStream& stream, pb::MigrateFileBegin begin) {
  pb::MigrateStateFileRequest request;
  *request.mutable_begin() = std::move(begin);
  stream.Write(request);  // if false, the response holds the reason
  pb::MigrateStateFileResponse response;
  bool answered = stream.Read(&response);
  if (answered && response.has_accepted()) return response.accepted();
  if (answered) stream.Cancel();
  while (answered) answered = stream.Read(&response);
  RETURN_IF_ERROR(stream.Finish());
  return ClientError(ClientReason::STREAM_INCOMPLETE, "The answer began without its first part.");
}

// Reads the end of an answer that has no more messages. A server that sends one anyway would
// otherwise keep the call open for as long as it likes.
absl::Status ReadEnd(UpgradeStream& stream) {
  pb::MigrateStateFileResponse message;
  bool more = stream.Read(&message);
  if (more) stream.Cancel();
  while (more && stream.Read(&message)) {
  }
  absl::Status status = stream.Finish();
  if (!more) return status;
  return ClientError(ClientReason::ANSWER_INVALID, "The server sent records of an unchanged file.");
}

}  // namespace

absl::StatusOr<UpgradeEnd> RunUpgrade(Client& client, pb::MigrateFileBegin begin,
                                      std::unique_ptr<StateFileReader> reader,
                                      const OpenWriter& open, const UpgradeProgress& progress) {
  AddFileHeader(reader->header(), &begin);
  auto stream = client.MigrateStateFile();
  UpgradeEnd end;
  ASSIGN_OR_RETURN(pb::MigrateFileAccepted accepted, Begin(*stream, std::move(begin)));
  end.versions = accepted.versions();
  if (accepted.unchanged()) {
    stream->WritesDone();
    RETURN_IF_ERROR(ReadEnd(*stream));
    end.unchanged = true;
    ASSIGN_OR_RETURN(end.counts, Copy(*reader, end.versions, open, progress.exported));
    return end;
  }
  ASSIGN_OR_RETURN(auto writer, open(/*with_token=*/true));
  Sender sender(*stream, std::move(reader));
  ExportedStream exported(*stream, progress, &end);
  auto received = ReceiveExport(exported, *writer, progress.exported);
  sender.Join();
  if (!received.ok() && !sender.file_status().ok() &&
      !HasClientReason(received.status(), ClientReason::INTERRUPTED)) {
    return sender.file_status();
  }
  RETURN_IF_ERROR(received.status());
  end.trailer = std::move(received->trailer);
  end.counts = writer->counts();
  return end;
}

}  // namespace stateserver::client
