// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/environment_import.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::transfer {
namespace {

// Long enough that rows are few, short enough that memory stays small.
constexpr size_t kRunBytes = 512 << 10;

// SQLMesh writes these columns with Python's json.dumps.
constexpr json::Style kStored{json::Layout::kSpaced, json::Charset::kAscii};

std::string_view ListName(ListKind list) {
  switch (list) {
    case ListKind::kSnapshots:
      return "snapshots";
    case ListKind::kPreviousFinalized:
      return "previous_finalized_snapshots";
    case ListKind::kPromoted:
      return "promoted_snapshot_ids";
  }
  return "";
}

}  // namespace

EnvironmentImport::EnvironmentImport(Stage& stage, const SnapshotKeySet& known)
    : stage_(stage), known_(known) {}

void EnvironmentImport::Begin(std::string_view name) {
  name_ = name;
  run_.clear();
  list_ = ListKind::kSnapshots;
  splitter_ = std::make_unique<json::PathSplitter>(
      std::vector<std::string>{"environment.snapshots[*]",
                               "environment.previous_finalized_snapshots[*]",
                               "environment.promoted_snapshot_ids[*]"},
      this);
}

// The record as a whole is at fault, not the file around it.
absl::Status EnvironmentImport::OfRecord(const absl::Status& status) const {
  Reason reason = ReasonOf(status);
  bool syntax = reason == Reason::FILE_MALFORMED || reason == Reason::FILE_TRUNCATED;
  if (!syntax && reason != Reason::RECORD_INVALID && reason != Reason::RECORD_TOO_LARGE) {
    return status;
  }
  absl::Status out = syntax ? WithReason(status, Reason::RECORD_INVALID) : status;
  return WithFact(WithSuffix(out, Cat(" (environments.", name_, ")")), "environment", name_);
}

absl::Status EnvironmentImport::Feed(std::string_view json) {
  return OfRecord(splitter_->Feed(json));
}

absl::Status EnvironmentImport::End() {
  RETURN_IF_ERROR(OfRecord(splitter_->Finish()));
  RETURN_IF_ERROR(FlushRun());
  auto environment = codec_.Decode(name_, splitter_->remainder());
  RETURN_IF_ERROR(OfRecord(environment.status()));
  has_statements_ = !environment->statements_json.empty();
  return stage_.AddEnvironment(*environment);
}

absl::Status EnvironmentImport::OnValueBegin(const json::CutValue& value) {
  ListKind list = static_cast<ListKind>(value.cut);
  if (list != list_) RETURN_IF_ERROR(FlushRun());
  list_ = list;
  index_ = value.index;
  element_.clear();
  return absl::OkStatus();
}

absl::Status EnvironmentImport::OnValueBytes(std::string_view piece) {
  element_.append(piece);
  if (element_.size() <= (64u << 20)) return absl::OkStatus();
  return Error(Reason::RECORD_TOO_LARGE,
               Cat(ListName(list_), "[", index_, "] is longer than 64 MiB"));
}

absl::StatusOr<EnvironmentImport::Id> EnvironmentImport::CheckElement() {
  int64_t index = static_cast<int64_t>(index_);
  if (list_ == ListKind::kPromoted) {
    ASSIGN_OR_RETURN(auto id, codec_.ReadSnapshotId(name_, index, element_));
    return Id{std::string(id.name), std::string(id.identifier)};
  }
  ASSIGN_OR_RETURN(auto info, codec_.ReadTableInfo(name_, ListName(list_), index, element_));
  return Id{std::string(info.name), std::move(info.identifier)};
}

absl::Status EnvironmentImport::OnValueEnd() {
  ASSIGN_OR_RETURN(Id id, CheckElement());
  spaced_.clear();
  json::Restyler restyler(kStored);
  restyler.Feed(element_, &spaced_);
  restyler.Finish(&spaced_);
  bool resolved =
      list_ == ListKind::kPreviousFinalized || known_.contains(KeyOf(id.name, id.identifier));
  if (!resolved) {
    RETURN_IF_ERROR(FlushRun());
    return stage_.AddItems(name_, list_, spaced_, Stage::Reference{id.name, id.identifier});
  }
  if (!run_.empty()) run_ += ", ";
  run_ += spaced_;
  return run_.size() >= kRunBytes ? FlushRun() : absl::OkStatus();
}

absl::Status EnvironmentImport::FlushRun() {
  if (run_.empty()) return absl::OkStatus();
  absl::Status status = stage_.AddItems(name_, list_, run_, std::nullopt);
  run_.clear();
  return status;
}

}  // namespace stateserver::transfer
