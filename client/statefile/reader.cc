// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/reader.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/statefile/fd.h"
#include "client/statefile/format.h"
#include "client/statefile/header.h"
#include "common/error.h"
#include "common/json/path_splitter.h"

namespace stateserver::client {

namespace {

using json::CutValue;
using json::PathSplitter;
using json::ValueKind;

// HeaderScan is the first pass over a state file: it finds and checks `metadata` and `versions`.
class HeaderScan : private json::SplitHandler {
 public:
  HeaderScan(std::string name, bool must_import, StateFileHeader* header);

  absl::Status Feed(std::string_view piece) { return splitter_.Feed(piece); }
  // Returns the reason if the text ended before the header was complete.
  absl::Status Finish();
  bool complete() const { return seen_[0] && seen_[1]; }
  std::string path() const { return splitter_.path(); }

 private:
  absl::Status OnRoot(json::ValueKind kind) override;
  absl::Status OnValueBegin(const json::CutValue& value) override;
  absl::Status OnValueBytes(std::string_view piece) override;
  absl::Status OnValueEnd() override;

  std::string name_;
  bool must_import_;
  StateFileHeader* header_;
  size_t current_ = 0;
  std::string text_;
  std::array<bool, 2> seen_ = {};
  std::string versions_;  // the text of `versions`, until `metadata` has been checked
  json::PathSplitter splitter_;
};

// RecordScan is the second pass: it passes the records on and checks that every section occurs
// once.
class RecordScan : private json::SplitHandler {
 public:
  RecordScan(std::string name, const RecordSink& sink);

  absl::Status Feed(std::string_view piece) { return splitter_.Feed(piece); }
  absl::Status Finish();
  const RecordCounts& counts() const { return counts_; }
  // Returns true if the last error came from the sink.
  bool sink_failed() const { return sink_failed_; }
  std::string path() const { return splitter_.path(); }

 private:
  absl::Status OnContainer(size_t cut, json::ValueKind kind) override;
  absl::Status OnValueBegin(const json::CutValue& value) override;
  absl::Status OnValueBytes(std::string_view piece) override;
  absl::Status OnValueEnd() override;

  absl::Status See(size_t cut);
  absl::Status Send(std::string_view json, bool end);

  std::string name_;
  const RecordSink& sink_;
  bool sink_failed_ = false;
  RecordCounts counts_;
  std::array<bool, 4> seen_ = {};
  bool in_record_ = false;
  bool begun_ = false;
  RecordPart part_;
  std::string environment_;
  json::PathSplitter splitter_;
};

constexpr size_t kPiece = 256 * 1024;
// Small steps, so that damage after the header is not reported before the header is read.
constexpr size_t kHeaderStep = 4096;

// Adds the file and the next step to the scanner's error, which holds only the problem and its
// numeric position.
absl::Status WithPlace(const absl::Status& status, const std::string& name,
                       const std::string& path) {
  Facts facts = FactsOf(status);
  if (facts.count("line") == 0) return status;  // not an error of the scanner
  facts["file"] = name;
  if (!path.empty()) facts["path"] = path;
  std::string place = "line " + facts["line"] + ", column " + facts["column"] + " of " + name;
  if (!path.empty()) place += ", inside " + path;
  Reason reason = ReasonOf(status);
  std::string hint =
      reason == Reason::FILE_TRUNCATED
          ? "The file ends at " + place + ": it was cut short; copy or export it again."
          : "See " + place + "; copy or export the file again.";
  return Error(reason, MessageOf(status), hint, facts);
}

enum Cut : size_t { kMetadata, kVersions, kSnapshots, kEnvironments };
constexpr std::array<std::string_view, 4> kKeys = {"metadata", "versions", "snapshots",
                                                   "environments"};
constexpr size_t kMaxHeader = 1 << 20;

std::string_view KindName(ValueKind kind) {
  switch (kind) {
    case ValueKind::kObject:
      return "an object";
    case ValueKind::kArray:
      return "a list";
    case ValueKind::kString:
      return "a string";
    case ValueKind::kNumber:
      return "a number";
    case ValueKind::kNull:
      return "null";
    default:
      return "a boolean";
  }
}

// Returns the class name in SQLMesh's message.
std::string_view PythonClass(ValueKind kind) {
  switch (kind) {
    case ValueKind::kArray:
      return "json_stream.base.TransientStreamingJSONList";
    case ValueKind::kString:
      return "str";
    case ValueKind::kNumber:
      return "int";
    case ValueKind::kNull:
      return "NoneType";
    default:
      return "bool";
  }
}

absl::Status NotWhole(const std::string& name, std::string_view sentence, std::string_view field) {
  return Error(Reason::FILE_MALFORMED, sentence,
               name + " is not a whole SQLMesh state file: export it again.",
               {{"file", name}, {"field", std::string(field)}});
}

absl::Status Missing(const std::string& name, std::string_view key) {
  return NotWhole(name, "Expecting a '" + std::string(key) + "' key to be present", key);
}

absl::Status WrongKind(const std::string& name, std::string_view key, ValueKind kind) {
  std::string sentence = "Expecting the '" + std::string(key) + "' key to contain ";
  sentence += key == "snapshots" ? "a list" : "an object";
  // SQLMesh's message for `metadata` ends here.
  if (key != "metadata") sentence.append(", got ").append(KindName(kind));
  return NotWhole(name, sentence, key);
}

HeaderScan::HeaderScan(std::string name, bool must_import, StateFileHeader* header)
    : name_(std::move(name)),
      must_import_(must_import),
      header_(header),
      splitter_({"metadata", "versions"}, this, PathSplitter::Remainder::kDrop) {}

absl::Status HeaderScan::OnRoot(ValueKind kind) {
  if (kind == ValueKind::kObject) return absl::OkStatus();
  std::string sentence = "Expected JSON object, got: <class '";
  return NotWhole(name_, sentence.append(PythonClass(kind)).append("'>"), "");
}

absl::Status HeaderScan::OnValueBegin(const CutValue& value) {
  current_ = value.cut;
  text_.clear();
  // `versions` is checked after `metadata`.
  if (current_ == kVersions || value.kind == ValueKind::kObject) return absl::OkStatus();
  return WrongKind(name_, kKeys[current_], value.kind);
}

absl::Status HeaderScan::OnValueBytes(std::string_view piece) {
  text_.append(piece);
  if (text_.size() <= kMaxHeader) return absl::OkStatus();
  return NotWhole(name_, "'" + std::string(kKeys[current_]) + "' is larger than 1 MiB",
                  kKeys[current_]);
}

// `metadata` is checked first, wherever it occurs.
absl::Status HeaderScan::OnValueEnd() {
  if (std::exchange(seen_[current_], true)) return absl::OkStatus();  // for RecordScan
  if (current_ == kMetadata) {
    RETURN_IF_ERROR(ReadMetadata(text_, must_import_, name_, header_));
  } else {
    versions_ = text_;
  }
  return complete() ? ReadVersions(versions_, name_, &header_->versions) : absl::OkStatus();
}

absl::Status HeaderScan::Finish() {
  if (splitter_.empty()) {
    return Error(Reason::FILE_TRUNCATED, name_ + " is empty, expected a SQLMesh state file",
                 "Copy or export it again.", {{"file", name_}});
  }
  RETURN_IF_ERROR(splitter_.Finish());
  return Missing(name_, kKeys[seen_[kMetadata] ? kVersions : kMetadata]);
}

RecordScan::RecordScan(std::string name, const RecordSink& sink)
    : name_(std::move(name)),
      sink_(sink),
      splitter_({"metadata", "versions", "snapshots[*]", "environments{*}"}, this,
                PathSplitter::Remainder::kDrop) {}

absl::Status RecordScan::See(size_t cut) {
  if (!std::exchange(seen_[cut], true)) return absl::OkStatus();
  return NotWhole(name_, "The key '" + std::string(kKeys[cut]) + "' is present twice", kKeys[cut]);
}

absl::Status RecordScan::OnContainer(size_t cut, ValueKind kind) {
  RETURN_IF_ERROR(See(cut));
  bool right = kind == (cut == kSnapshots ? ValueKind::kArray : ValueKind::kObject);
  return right ? absl::OkStatus() : WrongKind(name_, kKeys[cut], kind);
}

absl::Status RecordScan::OnValueBegin(const CutValue& value) {
  in_record_ = value.cut == kSnapshots || value.cut == kEnvironments;
  if (!in_record_) return See(value.cut);
  if (value.kind != ValueKind::kObject) {
    return Error(Reason::RECORD_INVALID,
                 "Expecting " + splitter_.path() + " to be an object, got " +
                     std::string(KindName(value.kind)) + " at index " +
                     std::to_string(value.offset),
                 name_ + " is not what `export` writes: export it again.",
                 {{"file", name_}, {"path", splitter_.path()}});
  }
  environment_ = value.key;
  part_.section = value.cut == kSnapshots ? Section::kSnapshots : Section::kEnvironments;
  part_.name = environment_;
  begun_ = false;
  return absl::OkStatus();
}

absl::Status RecordScan::OnValueBytes(std::string_view piece) {
  return in_record_ ? Send(piece, false) : absl::OkStatus();
}

absl::Status RecordScan::OnValueEnd() {
  if (!in_record_) return absl::OkStatus();
  ++(part_.section == Section::kSnapshots ? counts_.snapshots : counts_.environments);
  return Send("", true);
}

absl::Status RecordScan::Send(std::string_view json, bool end) {
  part_.json = json;
  part_.begin = !std::exchange(begun_, true);
  part_.end = end;
  absl::Status status = sink_(part_);
  sink_failed_ = !status.ok();
  return status;
}

absl::Status RecordScan::Finish() {
  RETURN_IF_ERROR(splitter_.Finish());
  for (size_t cut = 0; cut < kKeys.size(); ++cut) {
    if (!seen_[cut]) return Missing(name_, kKeys[cut]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateFileReader>> StateFileReader::Open(const std::string& path,
                                                                       ReaderOptions options) {
  std::string name = DisplayName(path, "standard input");
  ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> raw, OpenSource(path, name));
  return Start(std::move(raw), name, options);
}

absl::StatusOr<std::unique_ptr<StateFileReader>> StateFileReader::FromBytes(std::string_view bytes,
                                                                            ReaderOptions options) {
  return Start(MemorySource(bytes), "the state file", options);
}

absl::StatusOr<std::unique_ptr<StateFileReader>> StateFileReader::Start(
    std::unique_ptr<ByteSource> source, const std::string& name, ReaderOptions options) {
  std::unique_ptr<StateFileReader> reader(
      new StateFileReader(DecodingSource(std::move(source), name), name));
  RETURN_IF_ERROR(reader->ReadHeader(options));
  RETURN_IF_ERROR(reader->source_->Rewind());
  return reader;
}

absl::Status StateFileReader::ReadHeader(ReaderOptions options) {
  HeaderScan scan(name_, options.must_import, &header_);
  std::vector<char> buffer(kPiece);
  while (!scan.complete()) {
    ASSIGN_OR_RETURN(size_t size, source_->Read(buffer.data(), buffer.size()));
    if (size == 0) return WithPlace(scan.Finish(), name_, scan.path());
    std::string_view piece(buffer.data(), size);
    for (size_t at = 0; at < size && !scan.complete(); at += kHeaderStep) {
      absl::Status status = scan.Feed(piece.substr(at, kHeaderStep));
      if (!status.ok()) return WithPlace(status, name_, scan.path());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RecordCounts> StateFileReader::ReadRecords(const RecordSink& sink) {
  RecordScan scan(name_, sink);
  std::vector<char> buffer(kPiece);
  while (true) {
    ASSIGN_OR_RETURN(size_t size, source_->Read(buffer.data(), buffer.size()));
    absl::Status status = size == 0 ? scan.Finish() : scan.Feed({buffer.data(), size});
    if (!status.ok()) return scan.sink_failed() ? status : WithPlace(status, name_, scan.path());
    if (size == 0) return scan.counts();
  }
}

}  // namespace stateserver::client
