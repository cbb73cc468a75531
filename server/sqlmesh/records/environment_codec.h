// SPDX-License-Identifier: Apache-2.0
//
// Conversion of environments between the columns of `_environments` and the `environment` object of
// a state file. Their lists of snapshots are the longest values of a state, so they are processed
// element by element, never as one text.
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

// EnvironmentRow holds the columns of `_environments` except for its three lists.
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

// Appends `{"name":...,"gateway_managed":false`, omitting keys of NULL columns. The caller then
// appends, in SQLMesh's order, `,"snapshots":[...]`, then `,"promoted_snapshot_ids":[...]` and
// `,"previous_finalized_snapshots":[...]` unless NULL (with the stored elements unchanged), and the
// tail.
void AppendEnvironmentHead(const EnvironmentRow& row, std::string* out);

// Appends `,"requirements":{...}}`. Returns STATE_CORRUPT if they are not a JSON object.
absl::Status AppendEnvironmentTail(const EnvironmentRow& row, std::string* out);

// DecodedEnvironment holds an imported environment without its lists of snapshots.
struct DecodedEnvironment {
  EnvironmentRow row;
  // If true, the column is written ("[]" for an empty list); otherwise it is NULL.
  bool has_promoted_snapshot_ids = false;
  bool has_previous_finalized_snapshots = false;
  // Compact JSON for `_environment_statements`; empty if there is no row.
  std::string statements_json;
  // Unknown fields of the statements, which are in statements_json.
  UnknownFields unknown_fields;
  // Unknown fields of the environment itself, whose fields are columns: the tables have no room for
  // others.
  UnknownFields unstored_fields;
};

// TableInfoFacts holds views that are valid until the codec's next call.
struct TableInfoFacts {
  std::string_view name;
  std::string identifier;  // computed from the fingerprint
  std::string_view version;
  std::string_view kind_name;  // empty for an audit
};

struct SnapshotIdFacts {
  std::string_view name;
  std::string_view identifier;
};

// EnvironmentCodec keeps a parser and buffers. Use one per thread.
class EnvironmentCodec {
 public:
  EnvironmentCodec() = default;
  EnvironmentCodec(const EnvironmentCodec&) = delete;
  EnvironmentCodec& operator=(const EnvironmentCodec&) = delete;

  // Decodes the value of `environments.KEY` of a state file; elements of its lists may have been
  // removed. Accepts unknown fields, as ReadTableInfo and ReadSnapshotId do. Returns RECORD_INVALID
  // with SQLMesh's message and the facts `environment` and `field`.
  absl::StatusOr<DecodedEnvironment> Decode(std::string_view key, std::string_view json);

  // Reads an element of `snapshots` or `previous_finalized_snapshots` (`list`). SQLMesh stores such
  // elements unchecked and fails when it reads them; here an invalid one is RECORD_INVALID, naming
  // environment, list and index.
  absl::StatusOr<TableInfoFacts> ReadTableInfo(std::string_view environment, std::string_view list,
                                               int64_t index, std::string_view json);

  // Reads an element of `promoted_snapshot_ids`.
  absl::StatusOr<SnapshotIdFacts> ReadSnapshotId(std::string_view environment, int64_t index,
                                                 std::string_view json);

  // Returns the unknown fields of the last element that was read.
  const UnknownFields& unknown_fields() const { return notes_.unknown_fields; }

 private:
  absl::Status CheckElement(const Model& model, std::string_view environment, std::string_view list,
                            int64_t index, std::string_view json);
  TableInfoFacts ReadFacts() const;

  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  Members members_;
  ValidationErrors errors_;
  std::string scratch_;
  EncodeNotes notes_;
};

}  // namespace stateserver::state
