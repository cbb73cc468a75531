// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/writer.h"

#include <utility>

#include "common/error.h"

namespace stateserver::client {
namespace {

constexpr size_t kBuffer = 1 << 20;
// Fits into a stored gzip block together with the token.
constexpr size_t kMaxPrefix = 60'000;
constexpr json::Charset kAscii = json::Charset::kAscii;

absl::Status OutOfOrder() {
  return Error(Reason::INTERNAL, "The parts of a state file were written out of order");
}

}  // namespace

StateFileWriter::StateFileWriter(std::unique_ptr<OutputTarget> target,
                                 std::unique_ptr<Compressor> compressor, WriterOptions options)
    : target_(std::move(target)),
      compressor_(std::move(compressor)),
      options_(options),
      restyler_(StyleAt(2)) {
  buffer_.reserve(kBuffer + kBuffer / 4);
}

absl::StatusOr<std::unique_ptr<StateFileWriter>> StateFileWriter::Open(const std::string& path,
                                                                       WriterOptions options) {
  ASSIGN_OR_RETURN(std::unique_ptr<OutputTarget> target, OutputTarget::Open(path));
  return std::unique_ptr<StateFileWriter>(
      new StateFileWriter(std::move(target), CompressorFor(path), options));
}

json::Style StateFileWriter::StyleAt(int depth) const {
  return {options_.compact ? json::Layout::kCompact : json::Layout::kIndented, kAscii, depth};
}

void StateFileWriter::Newline(int depth) {
  if (options_.compact) return;
  buffer_.push_back('\n');
  buffer_.append(2 * static_cast<size_t>(depth), ' ');
}

// Returns the file's text up to the end of `metadata`.
std::string StateFileWriter::Prefix(std::string_view token) const {
  std::string metadata = "{\"metadata\":{\"timestamp\":";
  json::AppendQuoted(header_.timestamp, kAscii, &metadata);
  metadata += ",\"file_version\":" + std::to_string(header_.file_version);
  metadata += header_.importable ? ",\"importable\":true" : ",\"importable\":false";
  if (options_.with_token) {
    metadata.append(",\"stateserver\":{\"token\":\"").append(token).append("\"}");
  }
  metadata += "}";
  return json::Restyle(metadata, StyleAt(0));
}

absl::Status StateFileWriter::WriteHeader(const StateFileHeader& header) {
  if (state_ != State::kHeader) return OutOfOrder();
  header_ = header;
  RETURN_IF_ERROR(WritePrefix());
  buffer_.push_back(',');
  Newline(1);
  std::string versions = "\"versions\":{\"schema_version\":";
  versions += std::to_string(header_.versions.schema_version) + ",\"sqlglot_version\":";
  json::AppendQuoted(header_.versions.sqlglot_version, kAscii, &versions);
  versions += ",\"sqlmesh_version\":";
  json::AppendQuoted(header_.versions.sqlmesh_version, kAscii, &versions);
  versions += "},";
  buffer_ += json::Restyle(versions, StyleAt(1));
  BeginSection("\"snapshots\":", '[');
  state_ = State::kSnapshots;
  return absl::OkStatus();
}

absl::Status StateFileWriter::WritePrefix() {
  std::string prefix = Prefix(std::string(kTokenSize, '0'));
  if (prefix.size() > kMaxPrefix) {
    return Error(Reason::ARGUMENT_INVALID, "The timestamp for the state file is too long");
  }
  text_bytes_ += prefix.size();
  if (compressor_ != nullptr) prefix = compressor_->Prefix(prefix);
  return WriteAll(target_->fd(), prefix, target_->name());
}

absl::Status StateFileWriter::PatchPrefix(std::string_view token) {
  if (!options_.with_token || !target_->seekable()) return absl::OkStatus();
  std::string prefix = Prefix(token);
  if (compressor_ != nullptr) prefix = compressor_->Prefix(prefix);
  return WriteAt(target_->fd(), 0, prefix, target_->name());
}

// The white space before the key was written with the previous ','.
void StateFileWriter::BeginSection(std::string_view key, char bracket) {
  buffer_.append(key);
  if (!options_.compact) buffer_.push_back(' ');
  buffer_.push_back(bracket);
  section_empty_ = true;
}

void StateFileWriter::EndSection(char bracket) {
  if (!section_empty_) Newline(1);
  buffer_.push_back(bracket);
}

// Closes `snapshots` at the first environment.
absl::Status StateFileWriter::Advance(Section section) {
  bool snapshots = section == Section::kSnapshots;
  if (state_ == State::kSnapshots && !snapshots && !in_record_) {
    EndSection(']');
    buffer_.push_back(',');
    Newline(1);
    BeginSection("\"environments\":", '{');
    state_ = State::kEnvironments;
  }
  bool right = state_ == (snapshots ? State::kSnapshots : State::kEnvironments);
  return right ? absl::OkStatus() : OutOfOrder();
}

absl::Status StateFileWriter::Write(const RecordPart& part) {
  RETURN_IF_ERROR(Advance(part.section));
  if (part.begin == in_record_) return OutOfOrder();
  if (part.begin) BeginRecord(part);
  record_empty_ = record_empty_ && part.json.empty();
  restyler_.Feed(part.json, &buffer_);
  if (part.end) RETURN_IF_ERROR(EndRecord());
  return buffer_.size() < kBuffer ? absl::OkStatus() : Flush(false);
}

void StateFileWriter::BeginRecord(const RecordPart& part) {
  if (!std::exchange(section_empty_, false)) buffer_.push_back(',');
  Newline(2);
  in_record_ = record_empty_ = true;
  if (part.section == Section::kSnapshots) return;
  json::AppendQuoted(part.name, kAscii, &buffer_);
  buffer_.append(options_.compact ? ":" : ": ");
}

absl::Status StateFileWriter::EndRecord() {
  in_record_ = false;
  bool snapshot = state_ == State::kSnapshots;
  if (!restyler_.Finish(&buffer_) || record_empty_) {
    std::string which = snapshot ? "snapshots" : "environments";
    int64_t index = snapshot ? counts_.snapshots : counts_.environments;
    return Error(Reason::RECORD_INVALID,
                 "Record " + std::to_string(index) + " of " + which + " is not whole JSON");
  }
  ++(snapshot ? counts_.snapshots : counts_.environments);
  return absl::OkStatus();
}

absl::Status StateFileWriter::Flush(bool last) {
  text_bytes_ += buffer_.size();
  std::string* bytes = &buffer_;
  if (compressor_ != nullptr) {
    RETURN_IF_ERROR(compressor_->Add(buffer_, last, &packed_));
    buffer_.clear();
    if (!last && packed_.size() < kBuffer) return absl::OkStatus();
    bytes = &packed_;
  }
  RETURN_IF_ERROR(WriteAll(target_->fd(), *bytes, target_->name()));
  bytes->clear();
  return absl::OkStatus();
}

absl::Status StateFileWriter::Finish(std::string_view token) {
  if (in_record_ || state_ == State::kHeader || state_ == State::kDone) return OutOfOrder();
  if (options_.with_token ? !IsToken(token) : !token.empty()) {
    return Error(Reason::INTERNAL, "Not a state token: '" + std::string(token) + "'");
  }
  RETURN_IF_ERROR(Advance(Section::kEnvironments));
  EndSection('}');
  Newline(0);
  buffer_.push_back('}');
  state_ = State::kDone;
  RETURN_IF_ERROR(Flush(true));
  RETURN_IF_ERROR(PatchPrefix(token));
  return target_->Commit();
}

}  // namespace stateserver::client
