// SPDX-License-Identifier: Apache-2.0

#include "client/transfer/export_run.h"

#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "client/connection/client.h"
#include "client/errors.h"
#include "client/transfer/import_run.h"
#include "common/sha256.h"
#include "common/text.h"
#include "common/time.h"
#include "google/protobuf/util/time_util.h"

namespace stateserver::client {

namespace {

// ExportCheck verifies that an Export stream matches its trailer. It receives every message in
// order. Errors are STREAM_INCOMPLETE.
class ExportCheck {
 public:
  // Checks for a message out of order: records before the header, anything after the trailer,
  // interleaved parts of records.
  absl::Status Take(const pb::ExportResponse& message);

  // Checks at the end of the stream that the trailer arrived and that counts and checksum agree.
  absl::Status Finish();

  bool has_header() const { return has_header_; }
  const pb::ExportTrailer& trailer() const { return trailer_; }

 private:
  absl::Status TakeRecord(const pb::Record& record);

  bool has_header_ = false;
  bool has_trailer_ = false;
  bool in_record_ = false;
  pb::Section section_ = pb::SECTION_UNSPECIFIED;
  int64_t snapshots_ = 0;
  int64_t environments_ = 0;
  Sha256 checksum_;
  pb::ExportTrailer trailer_;
};

constexpr size_t kInFlight = 16 << 20;

using Message = std::unique_ptr<pb::ExportResponse>;

// Receiver reads and checks the stream on its own thread.
class Receiver {
 public:
  explicit Receiver(ServerStream<pb::ExportResponse>& stream)
      : stream_(stream), queue_(kInFlight), thread_([this] { Receive(); }) {}

  std::optional<Message> Next() { return queue_.Pop(); }
  void Recycle(Message message) { recycler_.Give(std::move(message)); }
  // Discards the remaining messages.
  void Stop() {
    queue_.Abandon();
    stream_.Cancel();
  }
  // Waits for the end. The check may be read afterwards.
  void Join() { thread_.join(); }
  ExportCheck& check() { return check_; }
  const absl::Status& status() const { return status_; }

 private:
  void Receive() {
    while (true) {
      Message message = recycler_.Take();
      if (!stream_.Read(message.get())) break;
      status_ = check_.Take(*message);
      size_t weight = message->ByteSizeLong();
      if (!status_.ok() || !queue_.Push(std::move(message), weight)) {
        stream_.Cancel();
        break;
      }
    }
    queue_.Close();
  }

  ServerStream<pb::ExportResponse>& stream_;
  BoundedQueue<Message> queue_;
  Recycler<pb::ExportResponse> recycler_;
  ExportCheck check_;
  absl::Status status_;
  std::thread thread_;  // last member: it uses the others
};

StateFileHeader FileHeader(const pb::ExportHeader& header) {
  StateFileHeader out;
  out.timestamp = FormatTimestamp(
      FloorToMinute(google::protobuf::util::TimeUtil::TimestampToMilliseconds(header.read_time())));
  out.versions.schema_version = header.versions().schema_version();
  out.versions.sqlglot_version = header.versions().sqlglot_version();
  out.versions.sqlmesh_version = header.versions().sqlmesh_version();
  return out;
}

// FileSide writes what the receiver passes on and detects where records begin.
class FileSide {
 public:
  FileSide(StateFileWriter& writer, const ExportProgress& progress)
      : writer_(writer), progress_(progress) {}

  absl::Status Take(const pb::ExportResponse& message) {
    if (message.has_header()) {
      header_ = message.header();
      progress_.on_header(header_);
      return writer_.WriteHeader(FileHeader(header_));
    }
    for (const pb::Record& record : message.records().records()) {
      RETURN_IF_ERROR(writer_.Write(Part(record)));
    }
    progress_.on_records(writer_.counts());
    return absl::OkStatus();
  }

  pb::ExportHeader& header() { return header_; }

 private:
  RecordPart Part(const pb::Record& record) {
    RecordPart part;
    bool snapshot = record.section() == pb::SECTION_SNAPSHOTS;
    part.section = snapshot ? Section::kSnapshots : Section::kEnvironments;
    part.name = record.name();
    part.json = record.json();
    part.begin = !in_record_;
    part.end = !record.continued();
    in_record_ = record.continued();
    return part;
  }

  StateFileWriter& writer_;
  const ExportProgress& progress_;
  pb::ExportHeader header_;
  bool in_record_ = false;
};

absl::Status Broken(std::string_view what) {
  return ClientError(ClientReason::STREAM_INCOMPLETE,
                     Cat("The export stream is broken: ", what, "."),
                     "The file was not written; run the export again.");
}

absl::Status ExportCheck::Take(const pb::ExportResponse& message) {
  if (has_trailer_) return Broken("it continues after its trailer");
  if (message.has_header()) {
    if (has_header_) return Broken("it has two headers");
    has_header_ = true;
    return absl::OkStatus();
  }
  if (!has_header_) return Broken("it does not begin with its header");
  if (message.has_trailer()) {
    has_trailer_ = true;
    trailer_ = message.trailer();
    return absl::OkStatus();
  }
  for (const pb::Record& record : message.records().records()) RETURN_IF_ERROR(TakeRecord(record));
  return absl::OkStatus();
}

absl::Status ExportCheck::TakeRecord(const pb::Record& record) {
  bool known =
      record.section() == pb::SECTION_SNAPSHOTS || record.section() == pb::SECTION_ENVIRONMENTS;
  if (!known || record.section() < section_) return Broken("its sections are out of order");
  if (in_record_ && record.section() != section_) return Broken("a record lacks its end");
  section_ = record.section();
  in_record_ = record.continued();
  checksum_.Update(record.json());
  if (in_record_) return absl::OkStatus();
  checksum_.Update("\n");
  ++(section_ == pb::SECTION_SNAPSHOTS ? snapshots_ : environments_);
  return absl::OkStatus();
}

absl::Status ExportCheck::Finish() {
  if (!has_trailer_) return Broken("it ended without its trailer");
  if (in_record_) return Broken("a record lacks its end");
  const pb::StateCounts& counts = trailer_.counts();
  if (counts.snapshots() != snapshots_ || counts.environments() != environments_) {
    return Broken(Cat(snapshots_, " snapshots and ", environments_, " environments came, but ",
                      counts.snapshots(), " and ", counts.environments(), " were sent"));
  }
  if (trailer_.checksum() != checksum_.FinishHex()) return Broken("its checksum does not match");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ExportEnd> RunExport(Client& client, const pb::ExportRequest& request,
                                    StateFileWriter& writer, const ExportProgress& progress) {
  auto stream = client.Export(request);
  return ReceiveExport(*stream, writer, progress);
}

absl::StatusOr<ExportEnd> ReceiveExport(ServerStream<pb::ExportResponse>& stream,
                                        StateFileWriter& writer, const ExportProgress& progress) {
  Receiver receiver(stream);
  FileSide file(writer, progress);
  absl::Status written;
  while (auto message = receiver.Next()) {
    written = file.Take(**message);
    if (!written.ok()) break;
    receiver.Recycle(std::move(*message));
  }
  if (!written.ok()) receiver.Stop();
  receiver.Join();
  absl::Status ended = stream.Finish();
  RETURN_IF_ERROR(written);
  RETURN_IF_ERROR(receiver.status());
  if (!ended.ok()) return receiver.check().has_header() ? AfterBegin(ended) : ended;
  RETURN_IF_ERROR(receiver.check().Finish());
  ExportEnd end{std::move(file.header()), receiver.check().trailer()};
  RETURN_IF_ERROR(writer.Finish(end.trailer.state_token()));
  return end;
}

}  // namespace stateserver::client
