// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/scans.h"

#include <utility>

#include "client/statefile/header.h"
#include "common/error.h"

namespace stateserver::client {
namespace {

using json::CutValue;
using json::PathSplitter;
using json::ValueKind;

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

// The class that SQLMesh's sentence shows.
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
  // SQLMesh has this sentence for `metadata` and ends here.
  if (key != "metadata") sentence.append(", got ").append(KindName(kind));
  return NotWhole(name, sentence, key);
}

}  // namespace

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
  // `versions` waits for the checks of `metadata`.
  if (current_ == kVersions || value.kind == ValueKind::kObject) return absl::OkStatus();
  return WrongKind(name_, kKeys[current_], value.kind);
}

absl::Status HeaderScan::OnValueBytes(std::string_view piece) {
  text_.append(piece);
  if (text_.size() <= kMaxHeader) return absl::OkStatus();
  return NotWhole(name_, "'" + std::string(kKeys[current_]) + "' is larger than 1 MiB",
                  kKeys[current_]);
}

// `metadata` is judged first, wherever it stands.
absl::Status HeaderScan::OnValueEnd() {
  if (std::exchange(seen_[current_], true)) return absl::OkStatus();  // RecordScan's to refuse
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

}  // namespace stateserver::client
