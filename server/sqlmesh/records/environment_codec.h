// SPDX-License-Identifier: Apache-2.0
//
// Environments between the columns of `_environments` and the `environment`
// object of a state file. Their lists of snapshots are the longest values of a
// state: they pass as elements, never as one text.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlmesh/records/record_writer.h"

namespace stateserver::state {

// The columns of `_environments` but for its three lists.
struct EnvironmentRow {
  std::string name;
  std::optional<std::string> start_at;
  std::optional<std::string> end_at;
  std::string plan_id;
  std::optional<std::string> previous_plan_id;
  std::optional<int64_t> expiration_ts;
  std::optional<int64_t> finalized_ts;
  std::optional<std::string> suffix_target;
  std::optional<std::string> catalog_name_override;
  std::optional<bool> normalize_name;
  std::optional<bool> gateway_managed;
  std::optional<std::string> requirements;  // JSON object text
};

// Appends `{"name":...,"gateway_managed":false`, without a NULL column's key.
// What follows in SQLMesh's order: `,"snapshots":[...]`, then where not NULL
// `,"promoted_snapshot_ids":[...]` and `,"previous_finalized_snapshots":[...]`
// (the stored elements as they are), then the tail.
void AppendEnvironmentHead(const EnvironmentRow& row, std::string* out);

// Appends `,"requirements":{...}}`. STATE_CORRUPT when they are no JSON object.
absl::Status AppendEnvironmentTail(const EnvironmentRow& row, std::string* out);

// What an imported environment says, its lists of snapshots aside.
struct DecodedEnvironment {
  EnvironmentRow row;
  // Whether the columns are written ("[]" when the list is empty) or NULL.
  bool has_promoted_snapshot_ids = false;
  bool has_previous_finalized_snapshots = false;
  // Compact JSON for `_environment_statements`; empty when there is no row.
  std::string statements_json;
};

// Views are valid until the codec's next call.
struct TableInfoFacts {
  std::string_view name;
  std::string identifier;  // of the fingerprint
  std::string_view version;
  std::string_view kind_name;  // empty: an audit
};

struct SnapshotIdFacts {
  std::string_view name;
  std::string_view identifier;
};

// Keeps a parser and buffers. One for each thread.
class EnvironmentCodec {
 public:
  // As in DecodeOptions: fields of a newer release are let through.
  explicit EnvironmentCodec(bool allow_unknown_fields = false)
      : strictness_(allow_unknown_fields ? Strictness::kOpenStrict : Strictness::kStrict) {}
  EnvironmentCodec(const EnvironmentCodec&) = delete;
  EnvironmentCodec& operator=(const EnvironmentCodec&) = delete;

  // The value of `environments.KEY` of a state file; elements of its lists may
  // have been cut out. RECORD_INVALID with SQLMesh's sentence and the facts
  // `environment` and `field`.
  absl::StatusOr<DecodedEnvironment> Decode(std::string_view key, std::string_view json);

  // An element of `snapshots` or `previous_finalized_snapshots` (`list`).
  // SQLMesh stores such elements unseen and fails when it reads them; here a
  // wrong one is RECORD_INVALID naming environment, list and index.
  absl::StatusOr<TableInfoFacts> ReadTableInfo(std::string_view environment, std::string_view list,
                                               int64_t index, std::string_view json);

  // An element of `promoted_snapshot_ids`.
  absl::StatusOr<SnapshotIdFacts> ReadSnapshotId(std::string_view environment, int64_t index,
                                                 std::string_view json);

  // The same without checks, for what is stored. STATE_CORRUPT when name or
  // fingerprint is missing.
  absl::StatusOr<TableInfoFacts> ReadStoredTableInfo(std::string_view json);
  absl::StatusOr<SnapshotIdFacts> ReadStoredSnapshotId(std::string_view json);

 private:
  absl::Status CheckElement(const Model& model, std::string_view environment, std::string_view list,
                            int64_t index, std::string_view json);
  TableInfoFacts Facts() const;

  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  Members members_;
  ValidationErrors errors_;
  std::string scratch_;
  EncodeNotes notes_;
  Strictness strictness_;
};

}  // namespace stateserver::state
