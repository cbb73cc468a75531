// SPDX-License-Identifier: Apache-2.0
//
// From a stored snapshot to the record SQLMesh's `state export` writes (cold
// cache), and from such a record to what SQLMesh's import stores.
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

namespace stateserver::state {

// Views into the document they were read from, or into the literal "0".
struct Fingerprint {
  std::string_view data_hash;
  std::string_view metadata_hash;
  std::string_view parent_data_hash = "0";
  std::string_view parent_metadata_hash = "0";

  // crc32 (decimal) of the four parts joined by ';'.
  std::string Identifier() const;
  // crc32 of data_hash and parent_data_hash: the version of a new table.
  std::string Version() const;
};

// The schema version whose models the codec knows.
inline constexpr int kCodecSchemaVersion = 102;

// The first one whose state has `forward_only` outside the JSON.
inline constexpr int kForwardOnlySince = 90;

// What is not in the stored JSON.
struct SnapshotOverlay {
  std::optional<int64_t> updated_ts;
  std::optional<int64_t> unpaused_ts;
  std::optional<int64_t> next_auto_restatement_ts;
  // When not set, what the stored JSON says goes out.
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
  std::optional<bool> unrestorable;
  std::optional<bool> forward_only;
  Intervals intervals;
  Intervals dev_intervals;
  Intervals pending_restatement_intervals;
};

// What a snapshot says about itself. Views are valid until the next Parse.
struct SnapshotFacts {
  std::string_view name;
  std::string identifier;
  std::string version;         // the data version of the fingerprint when not stored
  std::string dev_version;     // likewise
  std::string_view kind_name;  // empty: a standalone audit
  std::string_view dialect;
  // effective_from: the text, or the number's digits. Empty: none.
  std::string effective_from;
  bool effective_from_is_number = false;
  std::string_view interval_unit;  // empty: inferred from cron
  std::string_view cron;
  bool allow_partials = false;
  bool migrated = false;
  std::optional<int64_t> last_altered_ts;
  std::optional<int64_t> dev_last_altered_ts;
};

// A record of a state file as the rows it becomes.
struct DecodedSnapshot {
  std::string name;
  std::string identifier;
  // version_get_or_generate(); `has_version` tells whether the column is filled.
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
  // A seed whose column hashes are not certain: the CSV text stays in
  // stored_json, which SQLMesh reads as well, and this says why (a phrase).
  bool seed_kept_hydrated = false;
  std::string seed_kept_reason;
};

// What a migration gives a stored snapshot. Texts live as long as the call.
struct MigratedFields {
  Fingerprint fingerprint;
  struct Parent {
    std::string_view name;
    std::string_view identifier;
  };
  std::vector<Parent> parents;
};

struct DecodeOptions {
  // Fields of a newer release than the codec knows are kept instead of refused.
  bool allow_unknown_fields = false;
};

// Keeps a parser and buffers. One for each thread.
class SnapshotCodec {
 public:
  SnapshotCodec() = default;
  explicit SnapshotCodec(DecodeOptions options) : options_(std::move(options)) {}
  SnapshotCodec(const SnapshotCodec&) = delete;
  SnapshotCodec& operator=(const SnapshotCodec&) = delete;

  // Takes a stored document for the next two calls. STATE_CORRUPT when it is no
  // JSON object, or has no name or fingerprint.
  absl::Status Parse(std::string_view stored_json);

  // Of the document parsed last.
  absl::StatusOr<SnapshotFacts> Facts();

  // Appends the record: compact JSON, raw UTF-8, SQLMesh's key order. At
  // kCodecSchemaVersion the content is as the newest models write it; at every
  // other version it is the stored content with the overlay's fields of that
  // version at their places. Unknown fields are kept in both cases.
  absl::Status AppendExport(const SnapshotOverlay& overlay, int schema_version, std::string* out,
                            EncodeNotes* notes);

  // Of the document parsed last: puts `fields` in their places, the version it
  // had behind its previous ones (at most 10 are kept), its dev_version where
  // there is none, marks it migrated and takes effective_from away, as SQLMesh's
  // migration does. STATE_CORRUPT without version or change_category.
  absl::Status Migrate(const MigratedFields& fields);

  // Appends the document, parsed or migrated, as the newest models store it:
  // compact, without what is kept in columns, seeds without their content.
  void AppendDocument(std::string* out, EncodeNotes* notes);

  // Appends what environments hold of it (SQLMesh's SnapshotTableInfo), compact.
  // STATE_CORRUPT without version or change_category.
  absl::Status AppendTableInfo(bool forward_only, std::string* out);

  // {"data_hash":...}, compact.
  static void AppendFingerprint(const Fingerprint& fingerprint, std::string* out);

  // One record of a state file (kCodecSchemaVersion). RECORD_INVALID with
  // SQLMesh's sentence and the facts `record`, `identifier` and `field`.
  absl::StatusOr<DecodedSnapshot> Decode(std::string_view record_json);

  // One record of a state file of an older schema version: its content stays as
  // it is, but for the fields that version keeps in columns, and a seed's text
  // where what SQLMesh keeps instead is certain. RECORD_INVALID as above.
  absl::StatusOr<DecodedSnapshot> DecodeOlder(std::string_view record_json, int schema_version);

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  Members members_;
  Fingerprint fingerprint_;
  ValidationErrors errors_;
  DecodeOptions options_;
  // Hold what Migrate and AppendTableInfo made.
  simdjson::dom::parser made_parser_;
  simdjson::dom::parser info_parser_;
};

// Reads the four hashes; parts that are absent or no texts stay as they are.
// False when data_hash or metadata_hash is missing.
bool ReadFingerprint(simdjson::dom::element value, Fingerprint* fingerprint);

}  // namespace stateserver::state
