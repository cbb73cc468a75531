// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/check_snapshots.h"

#include <simdjson.h>

#include <cstdint>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/records/document.h"

namespace stateserver::maintenance {

namespace {

using simdjson::dom::element;
using transfer::KeyOf;

constexpr char kRepair[] = "Restore the row from a backup or a restore point.";
constexpr int64_t kRowsPerProgress = 1000;

enum Column {
  kName,
  kIdentifier,
  kVersion,
  kSnapshot,
  kKindName,
  kUpdatedTs,
  kUnrestorable,
  kForwardOnly,
  kDevVersion,
  kFingerprint,
  kColumns
};

std::string_view TextAt(element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

}  // namespace

absl::Status SnapshotChecks::ReadIds() {
  std::vector<postgres::CopyField> fields;
  return session_.CopyOut(
      Cat("(SELECT name, identifier FROM ", store::Qualified(schema_, "_snapshots"), ")"),
      [&](std::string_view line) -> absl::Status {
        if (!postgres::SplitCopyLine(line, 2, &fields)) {
          return Error(Reason::INTERNAL, "COPY returned a line of an unexpected form");
        }
        present_.insert(KeyOf(fields[0].text, fields[1].text));
        return absl::OkStatus();
      });
}

absl::Status SnapshotChecks::Unpaused(const transfer::SnapshotKeySet& prod) {
  std::vector<postgres::CopyField> fields;
  return session_.CopyOut(
      Cat("(SELECT name, string_agg(identifier, ',' ORDER BY identifier) FROM ",
          store::Qualified(schema_, "_snapshots"),
          // Before schema 90 SQLMesh paused only snapshots of the same version.
          " WHERE unpaused_ts IS NOT NULL GROUP BY name",
          layout_.snapshot_forward_only ? "" : ", version",
          " HAVING count(*) > 1 "
          "ORDER BY name COLLATE \"C\")"),
      [&](std::string_view line) -> absl::Status {
        if (!postgres::SplitCopyLine(line, 2, &fields)) {
          return Error(Reason::INTERNAL, "COPY returned a line of an unexpected form");
        }
        std::string name(fields[0].text);
        if (!prod.contains(KeyOf(name, ""))) {
          unpaused_.Add(name);
        } else {
          UnpausedTwice(name, absl::StrSplit(std::string(fields[1].text), ','), prod);
        }
        return absl::OkStatus();
      });
}

void SnapshotChecks::UnpausedTwice(const std::string& name,
                                   const std::vector<std::string>& identifiers,
                                   const transfer::SnapshotKeySet& prod) {
  std::vector<std::string> others;
  std::string of_prod;
  for (const std::string& identifier : identifiers) {
    if (prod.contains(KeyOf(name, identifier))) {
      of_prod = identifier;
    } else {
      others.push_back(identifier);
    }
  }
  findings_.Add({FindingKind::kDuplicateUnpaused, name, "",
                 Cat("More than one snapshot of ", name,
                     " is unpaused: ", absl::StrJoin(identifiers, ", "), "."),
                 Cat("Set the column unpaused_ts to NULL in the rows ", absl::StrJoin(others, ", "),
                     ": prod uses ", of_prod.empty() ? "another snapshot" : of_prod, ".")});
}

absl::Status SnapshotChecks::Rows(const transfer::SnapshotKeySet& used,
                                  const operations::Progress& progress) {
  std::string sql =
      Cat("(SELECT name, identifier, version, snapshot, kind_name, updated_ts, unrestorable, ",
          layout_.snapshot_forward_only ? "forward_only" : "false", ", ",
          layout_.snapshot_dev_version ? "dev_version, fingerprint" : "NULL, NULL", " FROM ",
          store::Qualified(schema_, "_snapshots"),
          " ORDER BY name COLLATE \"C\", identifier COLLATE \"C\")");
  std::vector<postgres::CopyField> fields;
  const int64_t total = static_cast<int64_t>(present_.size());
  int64_t done = 0;
  return session_.CopyOut(sql, [&](std::string_view line) -> absl::Status {
    if (!postgres::SplitCopyLine(line, kColumns, &fields)) {
      return Error(Reason::INTERNAL, "COPY returned a line of an unexpected form");
    }
    Row(fields, used);
    if (++done % kRowsPerProgress == 0) progress("Checking snapshots", done, total);
    return absl::OkStatus();
  });
}

void SnapshotChecks::Add(FindingKind kind, std::string_view message, std::string hint) {
  findings_.Add(
      {kind, std::string((*fields_)[kName].text), std::string((*fields_)[kIdentifier].text),
       Cat("Snapshot ", (*fields_)[kName].text, " ", (*fields_)[kIdentifier].text, ": ", message),
       std::move(hint)});
}

void SnapshotChecks::Row(const std::vector<postgres::CopyField>& fields,
                         const transfer::SnapshotKeySet& used) {
  fields_ = &fields;
  Nulls();
  element root;
  absl::Status parsed = state::ParseDocument(&parser_, fields[kSnapshot].text,
                                             Reason::STATE_CORRUPT, "column snapshot", &root);
  if (!parsed.ok()) {
    Add(FindingKind::kUnreadableRow, Cat(MessageOf(parsed), "."), kRepair);
    return;
  }
  element stored;
  element node;
  state::Fingerprint fingerprint;
  bool complete = root["fingerprint"].get(stored) == simdjson::SUCCESS &&
                  state::ReadFingerprint(stored, &fingerprint) &&
                  root["node"].get(node) == simdjson::SUCCESS && node.is_object() &&
                  !TextAt(root, "name").empty();
  if (!complete) {
    Add(FindingKind::kUnreadableRow, "its JSON lacks name, fingerprint or node.", kRepair);
    return;
  }
  bool in_use = used.contains(KeyOf(fields[kName].text, fields[kIdentifier].text));
  Columns(root, fingerprint, in_use);
  Parents(root, in_use);
}

void SnapshotChecks::Nulls() {
  const std::pair<Column, std::string_view> needed[] = {
      {kUpdatedTs, "updated_ts"}, {kUnrestorable, "unrestorable"}, {kForwardOnly, "forward_only"}};
  for (const auto& [column, name] : needed) {
    if (!(*fields_)[column].is_null) continue;
    Add(FindingKind::kUnreadableRow,
        Cat("column ", name, " is NULL, and SQLMesh cannot load the row."),
        Cat("Set the column to a value: ",
            column == kUpdatedTs ? "a time in epoch milliseconds." : "true or false."));
  }
}

void SnapshotChecks::Compare(std::string_view column, const postgres::CopyField& field,
                             std::string_view json) {
  if (field.is_null ? json.empty() : field.text == json) return;
  std::string stored = field.is_null ? "NULL" : Cat("'", field.text, "'");
  std::string wanted = json.empty() ? "NULL" : Cat("'", json, "'");
  std::string hint = Cat("Set the column ", column, " to ", wanted,
                         ": SQLMesh searches by the column and works with the JSON.");
  if (column == "name" && present_.contains(KeyOf(json, (*fields_)[kIdentifier].text))) {
    hint = "Delete the row: another row holds this snapshot.";
  }
  Add(FindingKind::kColumnMismatch,
      Cat("column ", column, " is ", stored, ", its JSON says ", json.empty() ? "nothing" : wanted,
          "."),
      std::move(hint));
}

// SQLMesh finds the row by the column, and does not find a snapshot that it computes from the JSON.
void SnapshotChecks::Identifier(const std::string& identifier, bool used) {
  const auto& fields = *fields_;
  if (identifier == fields[kIdentifier].text) return;
  std::string hint = kRepair;
  if (!used) {
    hint =
        present_.contains(KeyOf(fields[kName].text, identifier))
            ? "Delete the row: another row holds this snapshot, and no environment uses this one."
            : Cat("Set the column identifier to '", identifier,
                  "': no environment uses the snapshot under its present one.");
  }
  Add(FindingKind::kIdentifierMismatch,
      Cat("its fingerprint gives the identifier ", identifier, "."), std::move(hint));
}

void SnapshotChecks::Columns(element root, const state::Fingerprint& fingerprint, bool used) {
  const auto& fields = *fields_;
  Identifier(fingerprint.Identifier(), used);
  std::string own_version = fingerprint.Version();
  auto or_own = [&](std::string_view text) { return text.empty() ? own_version : text; };
  Compare("name", fields[kName], TextAt(root, "name"));
  if (!fields[kVersion].is_null)
    Compare("version", fields[kVersion], or_own(TextAt(root, "version")));
  element kind;
  bool has_kind = root["node"]["kind"].get(kind) == simdjson::SUCCESS;
  Compare("kind_name", fields[kKindName], has_kind ? TextAt(kind, "name") : "");
  if (!layout_.snapshot_dev_version) return;
  Compare("dev_version", fields[kDevVersion], or_own(TextAt(root, "dev_version")));
  FingerprintColumn(fingerprint);
}

void SnapshotChecks::FingerprintColumn(const state::Fingerprint& fingerprint) {
  element column;
  state::Fingerprint stored;
  absl::Status parsed = state::ParseDocument(&fingerprint_parser_, (*fields_)[kFingerprint].text,
                                             Reason::STATE_CORRUPT, "column fingerprint", &column);
  if (!parsed.ok() || !state::ReadFingerprint(column, &stored)) {
    Add(FindingKind::kUnreadableRow, "column fingerprint does not hold a fingerprint.",
        "Copy the fingerprint from the row's JSON.");
    return;
  }
  bool equal = stored.data_hash == fingerprint.data_hash &&
               stored.metadata_hash == fingerprint.metadata_hash &&
               stored.parent_data_hash == fingerprint.parent_data_hash &&
               stored.parent_metadata_hash == fingerprint.parent_metadata_hash;
  if (equal) return;
  Add(FindingKind::kColumnMismatch, "column fingerprint differs from the fingerprint in its JSON.",
      "Copy the fingerprint from the row's JSON.");
}

void SnapshotChecks::Parents(element root, bool used) {
  simdjson::dom::array parents;
  if (root["parents"].get(parents) != simdjson::SUCCESS) return;
  for (element parent : parents) {
    std::string_view name = TextAt(parent, "name");
    std::string_view identifier = TextAt(parent, "identifier");
    if (present_.contains(KeyOf(name, identifier))) continue;
    if (!used) {
      unused_.Add((*fields_)[kName].text);
      return;
    }
    Add(FindingKind::kMissingParent, Cat("its parent ", name, " ", identifier, " does not exist."),
        "Apply a plan to the environments that use the snapshot, after the remedy of their "
        "entries for the parent if check reports any; or restore the parent from a backup.");
  }
}

}  // namespace stateserver::maintenance
