// SPDX-License-Identifier: Apache-2.0
//
// COPY out and in over libpq. libpqxx 6's streams copy every line once or twice more, lose the
// SQLSTATE, and can stop a COPY only by reading all of it.
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/pooled_session.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// BinaryCopy decodes PostgreSQL's binary COPY format. It receives every message of one COPY … TO
// STDOUT in order, and keeps its buffer between rows.
class BinaryCopy {
 public:
  // Calls `sink` for the row in the message; the header and the trailer contain none. Returns
  // INTERNAL for an invalid format.
  absl::Status Consume(std::string_view message, const FieldSink& sink);

 private:
  absl::Status ConsumeHeader(std::string_view* message);
  absl::Status ConsumeFields(std::string_view message, int count);

  bool has_header_ = false;
  Fields fields_;
};

namespace {

using namespace std::literals;

// Lines are sent in pieces of this size; a message may start and end anywhere in a line. libpq's
// buffers grow to the largest message and never shrink.
constexpr size_t kPiece = 64 << 10;
// A connection that received a longer row has grown by as much and is not kept.
constexpr int kFatRow = 8 << 20;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

struct Free {
  void operator()(char* memory) const { PQfreemem(memory); }
};

// The beginning of every binary COPY, followed by flags and the header extension's length.
constexpr std::string_view kSignature = "PGCOPY\n\377\r\n\0"sv;
constexpr size_t kLengths = 8;
constexpr int kTrailer = -1;

absl::Status Unexpected(std::string_view what) {
  return Error(Reason::INTERNAL, Cat("Binary COPY gave ", what));
}

// Removes a big-endian integer of the size of T from the front.
template <typename T>
bool Consume(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof(T)) return false;
  uint64_t all = 0;
  for (size_t i = 0; i < sizeof(T); ++i) all = all << 8 | static_cast<unsigned char>((*bytes)[i]);
  bytes->remove_prefix(sizeof(T));
  *value = static_cast<T>(all);
  return true;
}

}  // namespace

void PooledSession::DrainResults() {
  char* row = nullptr;
  while (connection_->alive()) {
    Answer answer(PQgetResult(connection_->raw()));
    if (answer == nullptr) return;
    ExecStatusType status = PQresultStatus(answer.get());
    if (status == PGRES_COPY_IN) PQputCopyEnd(connection_->raw(), "aborted");
    if (status != PGRES_COPY_OUT) continue;
    while (PQgetCopyData(connection_->raw(), &row, 0) > 0) PQfreemem(row);
  }
}

absl::Status PooledSession::ReadCopyMessages(
    const std::function<absl::Status(std::string_view)>& sink, bool* sink_failed) {
  while (true) {
    char* data = nullptr;
    int length = PQgetCopyData(connection_->raw(), &data, 0);
    std::unique_ptr<char, Free> row(data);
    if (length <= 0) return absl::OkStatus();  // the end, successful or not; the results show which
    if (length > kFatRow) connection_->unfit = true;
    absl::Status status = sink(std::string_view(data, length));
    if (!status.ok()) {
      *sink_failed = true;
      return status;
    }
  }
}

void PooledSession::StopCopyOut() {
  WatchGuard guard(watcher_, NewWatch(Interrupt::kCleanup));
  watcher_.cancels().Send(connection_->cancel());
  DrainResults();
  // If the COPY ended by itself, the cancel request may hit the next statement.
  if (connection_->TakeError().sqlstate != "57014") connection_->unfit = true;
}

absl::Status PooledSession::SendCopyOut(const std::string& sql) {
  RETURN_IF_ERROR(CheckReady());
  if (PQsendQuery(connection_->raw(), sql.c_str()) == 1) return absl::OkStatus();
  return Failure(absl::OkStatus(), PQerrorMessage(connection_->raw()));
}

absl::Status PooledSession::ReceiveCopyOut(
    const std::function<absl::Status(std::string_view)>& sink) {
  WatchGuard guard(watcher_, NewWatch(Interrupt::kWhenContextFails));
  Answer answer(PQgetResult(connection_->raw()));
  if (PQresultStatus(answer.get()) != PGRES_COPY_OUT) {
    DrainResults();
    return Failure(guard.Leave());
  }
  bool sink_failed = false;
  absl::Status status = ReadCopyMessages(sink, &sink_failed);
  if (sink_failed) {
    if (!guard.Leave().ok()) connection_->unfit = true;
    StopCopyOut();
    return status;
  }
  DrainResults();
  absl::Status interruption = guard.Leave();
  if (connection_->has_error() || !connection_->alive()) return Failure(std::move(interruption));
  if (!interruption.ok()) connection_->unfit = true;
  return absl::OkStatus();
}

absl::Status PooledSession::CopyOut(const std::string& source,
                                    const std::function<absl::Status(std::string_view)>& sink) {
  RETURN_IF_ERROR(SendCopyOut(absl::StrCat("COPY ", source, " TO STDOUT")));
  return ReceiveCopyOut([&](std::string_view row) {
    return sink(row.substr(0, row.size() - 1));  // without the line feed
  });
}

class PooledCopyFields final : public CopyFields {
 public:
  explicit PooledCopyFields(PooledSession& session) : session_(session) {}
  ~PooledCopyFields() override {
    if (!read_) session_.StopCopyOut();
  }

  absl::Status Read(const FieldSink& sink) override {
    if (std::exchange(read_, true)) return Error(Reason::INTERNAL, "A COPY is read twice");
    BinaryCopy copy;
    return session_.ReceiveCopyOut(
        [&](std::string_view message) { return copy.Consume(message, sink); });
  }

 private:
  PooledSession& session_;
  bool read_ = false;
};

absl::StatusOr<std::unique_ptr<CopyFields>> PooledSession::StartCopyFields(
    const std::string& source) {
  RETURN_IF_ERROR(SendCopyOut(absl::StrCat("COPY ", source, " TO STDOUT (FORMAT binary)")));
  return std::make_unique<PooledCopyFields>(*this);
}

class PooledCopyIn final : public CopyIn {
 public:
  explicit PooledCopyIn(PooledSession& session) : session_(session) { buffer_.reserve(kPiece); }
  ~PooledCopyIn() override {
    if (!finished_) (void)End("aborted", Interrupt::kCleanup);
  }

  absl::Status Line(const std::string& line) override {
    if (buffer_.size() + line.size() + 1 > kPiece)
      RETURN_IF_ERROR(Send(std::exchange(buffer_, Empty())));
    if (line.size() >= kPiece) {
      RETURN_IF_ERROR(Send(line));
    } else {
      buffer_.append(line);
    }
    buffer_.push_back('\n');
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    RETURN_IF_ERROR(Send(buffer_));
    return End(nullptr, Interrupt::kWhenContextFails);
  }

 private:
  static std::string Empty() {
    std::string empty;
    empty.reserve(kPiece);
    return empty;
  }

  absl::Status Send(std::string_view data) {
    RETURN_IF_ERROR(session_.CheckReady());
    WatchGuard guard(session_.watcher_, session_.NewWatch(Interrupt::kWhenContextFails));
    PGconn* raw = session_.connection_->raw();
    for (; !data.empty(); data.remove_prefix(std::min(kPiece, data.size()))) {
      int size = static_cast<int>(std::min(kPiece, data.size()));
      if (PQputCopyData(raw, data.data(), size) != 1) return Failed(guard.Leave());
    }
    if (!guard.Leave().ok()) session_.connection_->unfit = true;
    return absl::OkStatus();
  }

  // Returns the server's reason, if it sent one before it disconnected.
  absl::Status Failed(absl::Status interruption) {
    finished_ = true;
    std::string text;
    if (session_.connection_->raw() != nullptr) text = PQerrorMessage(session_.connection_->raw());
    session_.DrainResults();
    return session_.Failure(std::move(interruption), text);
  }

  absl::Status End(const char* error, Interrupt interrupt) {
    finished_ = true;
    Connection& connection = *session_.connection_;
    if (!connection.alive()) return FromLost({}, connection.endpoint());
    WatchGuard guard(session_.watcher_, session_.NewWatch(interrupt));
    bool sent = PQputCopyEnd(connection.raw(), error) == 1;
    session_.DrainResults();
    absl::Status interruption = guard.Leave();
    if (!sent || connection.has_error() || !connection.alive()) {
      return session_.Failure(std::move(interruption));
    }
    if (!interruption.ok()) connection.unfit = true;
    return absl::OkStatus();
  }

  PooledSession& session_;
  std::string buffer_;
  bool finished_ = false;
};

absl::StatusOr<std::unique_ptr<CopyIn>> PooledSession::StartCopyIn(const std::string& target) {
  RETURN_IF_ERROR(CheckReady());
  WatchGuard guard(watcher_, NewWatch(Interrupt::kWhenContextFails));
  Answer answer(PQexec(connection_->raw(), absl::StrCat("COPY ", target, " FROM STDIN").c_str()));
  if (PQresultStatus(answer.get()) != PGRES_COPY_IN) return Failure(guard.Leave());
  if (!guard.Leave().ok()) connection_->unfit = true;
  return std::make_unique<PooledCopyIn>(*this);
}

absl::Status BinaryCopy::ConsumeHeader(std::string_view* message) {
  has_header_ = true;
  if (!message->starts_with(kSignature)) return Unexpected("no header");
  message->remove_prefix(kSignature.size());
  int32_t flags = 0;
  int32_t extension = 0;
  if (message->size() < kLengths || !postgres::Consume(message, &flags) ||
      !postgres::Consume(message, &extension) || flags != 0 ||
      message->size() < static_cast<size_t>(extension)) {
    return Unexpected("a header of another version");
  }
  message->remove_prefix(static_cast<size_t>(extension));
  return absl::OkStatus();
}

absl::Status BinaryCopy::ConsumeFields(std::string_view message, int count) {
  fields_.clear();
  for (int i = 0; i < count; ++i) {
    int32_t length = 0;
    if (!postgres::Consume(&message, &length)) return Unexpected("a row that ends early");
    if (length < 0) {
      fields_.push_back(std::nullopt);
      continue;
    }
    if (message.size() < static_cast<size_t>(length)) return Unexpected("a field that ends early");
    fields_.push_back(message.substr(0, static_cast<size_t>(length)));
    message.remove_prefix(static_cast<size_t>(length));
  }
  return message.empty() ? absl::OkStatus() : Unexpected("bytes behind a row");
}

absl::Status BinaryCopy::Consume(std::string_view message, const FieldSink& sink) {
  if (!has_header_) RETURN_IF_ERROR(ConsumeHeader(&message));
  if (message.empty()) return absl::OkStatus();
  int16_t count = 0;
  if (!postgres::Consume(&message, &count)) return Unexpected("a row without its count of fields");
  if (count == kTrailer) return absl::OkStatus();
  RETURN_IF_ERROR(ConsumeFields(message, count));
  return sink(fields_);
}

}  // namespace stateserver::postgres
