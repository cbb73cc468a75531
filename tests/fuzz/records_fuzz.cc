// SPDX-License-Identifier: Apache-2.0
//
// A text as each kind of record of a state file: what is imported is exported, and imports to the
// same rows. A caller's record never counts as a damaged state.
#include <string>

#include "common/error.h"
#include "server/sqlmesh/records/environment_codec.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::Reason;
using stateserver::ReasonOf;
using stateserver::fuzz::Check;
namespace state = stateserver::state;

// Returns the record that an export writes for an imported snapshot.
std::string Exported(const state::DecodedSnapshot& row, state::SnapshotCodec* codec) {
  Check(codec->Parse(row.stored_json).ok());
  auto facts = codec->Facts();
  Check(facts.ok() && facts->name == row.name && facts->identifier == row.identifier);
  state::SnapshotOverlay overlay;
  overlay.updated_ts = row.updated_ts;
  overlay.unpaused_ts = row.unpaused_ts;
  overlay.next_auto_restatement_ts = row.next_auto_restatement_ts;
  overlay.last_altered_ts = row.last_altered_ts;
  overlay.dev_last_altered_ts = row.dev_last_altered_ts;
  overlay.unrestorable = row.unrestorable;
  overlay.forward_only = row.forward_only;
  overlay.intervals = row.intervals;
  overlay.dev_intervals = row.dev_intervals;
  overlay.pending_restatement_intervals = row.pending_restatement_intervals;
  std::string record;
  state::EncodeNotes notes;
  Check(codec->AppendExport(overlay, state::kCodecSchemaVersion, &record, &notes).ok());
  return record;
}

void CheckSnapshot(std::string_view json) {
  state::SnapshotCodec codec;
  auto row = codec.Decode(json);
  if (!row.ok()) {
    Check(ReasonOf(row.status()) == Reason::RECORD_INVALID);
    return;
  }
  std::string record = Exported(*row, &codec);
  auto again = codec.Decode(record);
  Check(again.ok());
  Check(again->name == row->name && again->identifier == row->identifier);
  Check(again->version == row->version && again->dev_version == row->dev_version);
  Check(again->updated_ts == row->updated_ts && again->unpaused_ts == row->unpaused_ts);
  Check(again->unrestorable == row->unrestorable && again->forward_only == row->forward_only);
  Check(again->intervals == row->intervals && again->dev_intervals == row->dev_intervals);
  Check(Exported(*again, &codec) == record);
}

void CheckOlder(std::string_view json) {
  state::SnapshotCodec codec;
  for (int version : {60, 85, 95}) {
    auto row = codec.DecodeOlder(json, version);
    Check(row.ok() || ReasonOf(row.status()) == Reason::RECORD_INVALID);
  }
  absl::Status parsed = codec.Parse(json);
  Check(parsed.ok() || ReasonOf(parsed) == Reason::STATE_CORRUPT);
  if (!parsed.ok()) return;
  std::string out;
  state::EncodeNotes notes;
  absl::Status exported = codec.AppendExport({}, 60, &out, &notes);
  Check(exported.ok() || ReasonOf(exported) == Reason::STATE_CORRUPT);
}

void CheckEnvironment(std::string_view json) {
  state::EnvironmentCodec codec;
  auto environment = codec.Decode("prod", json);
  if (environment.ok()) {
    std::string out;
    state::AppendEnvironmentHead(environment->row, &out);
    out += R"(,"snapshots":[])";
    if (environment->has_promoted_snapshot_ids) out += R"(,"promoted_snapshot_ids":[])";
    if (environment->has_previous_finalized_snapshots) {
      out += R"(,"previous_finalized_snapshots":[])";
    }
    Check(state::AppendEnvironmentTail(environment->row, &out).ok());
  } else {
    Check(ReasonOf(environment.status()) == Reason::RECORD_INVALID);
  }
  auto info = codec.ReadTableInfo("prod", "snapshots", 0, json);
  Check(info.ok() || ReasonOf(info.status()) == Reason::RECORD_INVALID);
  auto id = codec.ReadSnapshotId("prod", 0, json);
  Check(id.ok() || ReasonOf(id.status()) == Reason::RECORD_INVALID);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view json = stateserver::fuzz::TextOf(data, size);
  CheckSnapshot(json);
  CheckOlder(json);
  CheckEnvironment(json);
  return 0;
}
