// SPDX-License-Identifier: Apache-2.0
//
// Conversion of a stored snapshot to the record that SQLMesh's `state export` writes (with a cold
// cache), and of such a record to what SQLMesh's import stores.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/records/notes.h"
#include "server/sqlmesh/records/record_writer.h"
#include "server/sqlmesh/records/spellings.h"

namespace stateserver::state {

// Fingerprint holds views into the document they were read from, or into the literal "0".
struct Fingerprint {
  std::string_view data_hash;
  std::string_view metadata_hash;
  std::string_view parent_data_hash = "0";
  std::string_view parent_metadata_hash = "0";

  // Returns the crc32 (decimal) of the four parts joined by ';'.
  std::string Identifier() const;
  // Returns the crc32 of data_hash and parent_data_hash: the version of a new table.
  std::string Version() const;
};

// The schema version whose models the codec implements.
inline constexpr int kCodecSchemaVersion = 102;

// The first schema version that stores `forward_only` outside the JSON.
inline constexpr int kForwardOnlySince = 90;

// SnapshotOverlay holds the values that are not in the stored JSON.
struct SnapshotOverlay {
  std::optional<int64_t> updated_ts;
  std::optional<int64_t> unpaused_ts;
  std::optional<int64_t> next_auto_restatement_ts;
  // If not set, the values of the stored JSON are exported.
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
  std::optional<bool> unrestorable;
  std::optional<bool> forward_only;
  Intervals intervals;
  Intervals dev_intervals;
  Intervals pending_restatement_intervals;
};

// SnapshotFacts holds a snapshot's own properties. Views are valid until the next Parse.
struct SnapshotFacts {
  std::string_view name;
  std::string identifier;
  std::string version;         // derived from the fingerprint if not stored
  std::string dev_version;     // likewise
  std::string_view kind_name;  // empty for a standalone audit
  std::string_view dialect;
  // effective_from as a text, or the number's digits; empty if not set.
  std::string effective_from;
  bool effective_from_is_number = false;
  std::string_view interval_unit;  // empty if inferred from cron
  std::string_view cron;
  bool allow_partials = false;
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
};

// DecodedSnapshot is a record of a state file, converted to the rows to store.
struct DecodedSnapshot {
  std::string name;
  std::string identifier;
  // The result of version_get_or_generate(); `has_version` is true if the column is filled.
  std::string version;
  bool has_version = false;
  std::string dev_version;
  std::optional<std::string> kind_name;
  std::string stored_json;       // compact, without the volatile fields
  std::string fingerprint_json;  // compact
  int64_t updated_ts = 0;
  std::optional<int64_t> unpaused_ts;
  std::optional<int64_t> next_auto_restatement_ts;
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
  int64_t ttl_ms = 0;
  bool unrestorable = false;
  bool forward_only = false;
  Intervals intervals;
  Intervals dev_intervals;
  Intervals pending_restatement_intervals;
  UnknownFields unknown_fields;
  // True for a seed whose column hashes are not certain: the CSV text stays in stored_json, which
  // SQLMesh can read too. The next field holds the reason as a phrase.
  bool seed_kept_hydrated = false;
  std::string seed_kept_reason;
};

// MigratedFields holds the values that a migration assigns to a stored snapshot. The texts must
// outlive the call.
struct MigratedFields {
  Fingerprint fingerprint;
  struct Parent {
    std::string_view name;
    std::string_view identifier;
  };
  std::vector<Parent> parents;
};

// SnapshotCodec keeps a parser and buffers. Use one per thread.
class SnapshotCodec {
 public:
  SnapshotCodec() = default;
  SnapshotCodec(const SnapshotCodec&) = delete;
  SnapshotCodec& operator=(const SnapshotCodec&) = delete;

  // Parses a stored document for the calls below. Returns STATE_CORRUPT if it is not a JSON object,
  // or has no name or fingerprint.
  absl::Status Parse(std::string_view stored_json);

  // Returns the facts of the last parsed document.
  absl::StatusOr<SnapshotFacts> Facts();

  // Names the sqlglot ("26.16") of the release that works with the state, for AppendExport.
  void set_sqlglot_version(std::string_view version) { sqlglot_ = SqlglotRelease(version); }

  // Appends the record: compact JSON, raw UTF-8, SQLMesh's key order. At kCodecSchemaVersion the
  // content is written by the newest models. At an older version it is the stored content with the
  // overlay's fields of that version in their places, and with the node's texts as that release
  // writes them; at a newer one these are as stored. Unknown fields are kept in all cases.
  absl::Status AppendExport(const SnapshotOverlay& overlay, int schema_version, std::string* out,
                            EncodeNotes* notes);

  // Migrates the last parsed document as SQLMesh's migration does: sets `fields`, appends its
  // version to the previous ones (at most 10 are kept), sets a missing dev_version, marks it
  // migrated and removes effective_from. Unknown fields of the fingerprint and of the parents are
  // kept. Returns STATE_CORRUPT without version or change_category.
  absl::Status Migrate(const MigratedFields& fields);

  // Appends the document, parsed or migrated, as the newest models store it: compact, without the
  // fields kept in columns, seeds without their content.
  void AppendDocument(std::string* out, EncodeNotes* notes);

  // Appends the snapshot's entry in environments (SQLMesh's SnapshotTableInfo), compact. Returns
  // STATE_CORRUPT without version or change_category.
  absl::Status AppendTableInfo(bool forward_only, std::string* out);

  // Appends {"data_hash":...}, compact, with the unknown fields of the last parsed document's
  // fingerprint.
  void AppendFingerprint(const Fingerprint& fingerprint, std::string* out) const;

  // Decodes one record of a state file (kCodecSchemaVersion). Fields that the models do not have
  // are kept. Returns RECORD_INVALID with SQLMesh's message and the facts `record`, `identifier`
  // and `field`.
  absl::StatusOr<DecodedSnapshot> Decode(std::string_view record_json);

  // Decodes one record of a state file of an older schema version. Its content is unchanged except
  // for the fields that this version stores in columns, and a seed's text if the values that
  // SQLMesh stores instead are certain. Returns RECORD_INVALID as above.
  absl::StatusOr<DecodedSnapshot> DecodeOlder(std::string_view record_json, int schema_version);

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  Members members_;
  Fingerprint fingerprint_;
  ValidationErrors errors_;
  SqlglotRelease sqlglot_;
  // Own the results of Migrate and AppendTableInfo.
  simdjson::dom::parser made_parser_;
  simdjson::dom::parser info_parser_;
};

// Reads the four hashes; parts that are absent or not texts are left unchanged. Returns false if
// data_hash or metadata_hash is missing.
bool ReadFingerprint(simdjson::dom::element value, Fingerprint* fingerprint);

}  // namespace stateserver::state
