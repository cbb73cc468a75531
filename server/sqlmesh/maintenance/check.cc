// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/check.h"

#include <simdjson.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/restore_points/state_change.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/table_infos.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::maintenance {

// Finds rows of `_intervals` that cannot be read, or whose version has no snapshot.
absl::Status CheckIntervals(postgres::Session& session, const std::string& schema,
                            Findings& findings);

// Finds rows of `_environment_statements` without their environment.
absl::Status CheckStatements(postgres::Session& session, const std::string& schema,
                             Findings& findings);

// Finds rows of `_auto_restatements` whose version has no snapshot.
absl::Status CheckAutoRestatements(postgres::Session& session, const std::string& schema,
                                   Findings& findings);

// EnvironmentChecks checks the rows of `_environments` and the snapshots they name.
class EnvironmentChecks {
 public:
  EnvironmentChecks(postgres::Session& session, const std::string& schema,
                    const store::Layout& layout, const transfer::SnapshotKeySet& present,
                    Findings& findings)
      : session_(session),
        schema_(schema),
        layout_(layout),
        present_(present),
        findings_(findings) {}

  absl::Status Check();

  int64_t environments() const { return environments_; }
  // Returns the snapshots that some environment names.
  const transfer::SnapshotKeySet& used() const { return used_; }
  // Returns the snapshots of prod, and for each also its name with an empty identifier.
  const transfer::SnapshotKeySet& prod() const { return prod_; }
  // Returns environments whose previous_finalized_snapshots no longer exist, although SQLMesh does
  // not read them.
  const transfer::NoteCounter& unread_stale_lists() const { return unread_; }

 private:
  absl::Status One(const store::EnvironmentRow& row);
  absl::Status List(const store::EnvironmentRow& row, store::EnvironmentList list,
                    const std::function<void(const store::TableInfo&)>& visit);
  void Promoted(const store::EnvironmentRow& row, const transfer::SnapshotKeySet& own);
  void JsonColumns(const store::EnvironmentRow& row);
  void Unreadable(const store::EnvironmentRow& row, std::string_view what);

  postgres::Session& session_;
  const std::string& schema_;
  const store::Layout& layout_;
  const transfer::SnapshotKeySet& present_;
  Findings& findings_;
  store::TableInfoReader infos_;
  transfer::SnapshotKeySet used_;
  transfer::SnapshotKeySet prod_;
  transfer::NoteCounter unread_;
  int64_t environments_ = 0;
};

// SnapshotChecks checks each row of `_snapshots` against its JSON and against the other rows.
class SnapshotChecks {
 public:
  SnapshotChecks(postgres::Session& session, const std::string& schema, const store::Layout& layout,
                 Findings& findings)
      : session_(session), schema_(schema), layout_(layout), findings_(findings) {}

  // Reads the existing ids, which the next two functions need.
  absl::Status ReadIds();
  const transfer::SnapshotKeySet& present() const { return present_; }

  // Finds names of `prod` with more than one unpaused snapshot. SQLMesh pauses the snapshots of a
  // name when prod gets a new one, so those of a model that prod has dropped stay as they are.
  absl::Status Unpaused(const transfer::SnapshotKeySet& prod);
  // Checks every row. `used` are the snapshots that environments name.
  absl::Status Rows(const transfer::SnapshotKeySet& used, const operations::Progress& progress);

  // Returns snapshots whose missing parents do no harm.
  const transfer::NoteCounter& unused_with_missing_parents() const { return unused_; }
  // Returns models that prod does not have with more than one unpaused snapshot.
  const transfer::NoteCounter& unpaused_outside_prod() const { return unpaused_; }

 private:
  void UnpausedTwice(const std::string& name, const std::vector<std::string>& identifiers,
                     const transfer::SnapshotKeySet& prod);
  void Row(const std::vector<postgres::CopyField>& fields, const transfer::SnapshotKeySet& used);
  void Columns(simdjson::dom::element root, const state::Fingerprint& fingerprint, bool used);
  void Identifier(const std::string& identifier, bool used);
  void FingerprintColumn(const state::Fingerprint& fingerprint);
  void Nulls();
  void Parents(simdjson::dom::element root, bool used);
  void Compare(std::string_view column, const postgres::CopyField& field, std::string_view json);
  void Add(FindingKind kind, std::string_view message, std::string hint);

  postgres::Session& session_;
  const std::string& schema_;
  const store::Layout& layout_;
  Findings& findings_;
  transfer::SnapshotKeySet present_;
  transfer::NoteCounter unused_;
  transfer::NoteCounter unpaused_;
  simdjson::dom::parser parser_;
  simdjson::dom::parser fingerprint_parser_;
  // Fields of the current row.
  const std::vector<postgres::CopyField>* fields_ = nullptr;
};

namespace {

class Checker {
 public:
  Checker(postgres::Session& session, const CheckOptions& options, store::Versions versions,
          const Findings::Sink& on_finding, const operations::Progress& progress)
      : session_(session),
        options_(options),
        layout_(versions.schema_version),
        findings_(on_finding),
        progress_(progress) {
    report_.versions = std::move(versions);
  }

  absl::StatusOr<CheckReport> Check() {
    progress_("Reading snapshots", 0, 0);
    SnapshotChecks snapshots(session_, options_.schema, layout_, findings_);
    RETURN_IF_ERROR(snapshots.ReadIds());
    progress_("Checking environments", 0, 0);
    EnvironmentChecks environments(session_, options_.schema, layout_, snapshots.present(),
                                   findings_);
    RETURN_IF_ERROR(environments.Check());
    progress_("Checking snapshots", 0, static_cast<int64_t>(snapshots.present().size()));
    RETURN_IF_ERROR(snapshots.Unpaused(environments.prod()));
    RETURN_IF_ERROR(snapshots.Rows(environments.used(), progress_));
    RETURN_IF_ERROR(OtherTables());
    report_.snapshots = static_cast<int64_t>(snapshots.present().size());
    report_.environments = environments.environments();
    report_.counts = findings_.counts();
    AddNotes(snapshots, environments);
    return std::move(report_);
  }

 private:
  absl::Status OtherTables() {
    progress_("Checking intervals", 0, 0);
    RETURN_IF_ERROR(CheckIntervals(session_, options_.schema, findings_));
    if (layout_.environment_statements) {
      RETURN_IF_ERROR(CheckStatements(session_, options_.schema, findings_));
    }
    if (layout_.auto_restatements) {
      RETURN_IF_ERROR(CheckAutoRestatements(session_, options_.schema, findings_));
    }
    ASSIGN_OR_RETURN(auto rows,
                     session_.Query(Cat("SELECT count(*) FROM ",
                                        store::Qualified(options_.schema, "_intervals"))));
    report_.interval_rows = rows.Int(0, 0);
    return absl::OkStatus();
  }

  void AddNotes(const SnapshotChecks& snapshots, const EnvironmentChecks& environments) {
    environments.unread_stale_lists().AppendTo(
        "stale_previous_finalized",
        "finalized environments name snapshots in previous_finalized_snapshots that no longer "
        "exist; SQLMesh reads that list only where an environment is not finalized",
        &report_.notes);
    snapshots.unused_with_missing_parents().AppendTo(
        "unused_with_missing_parents",
        "snapshots that no environment uses have parents that no longer exist; they are deleted "
        "when their time to live ends",
        &report_.notes);
    snapshots.unpaused_outside_prod().AppendTo(
        "unpaused_twice",
        "models that prod does not have have more than one unpaused snapshot; SQLMesh leaves them "
        "so when prod drops a model that another environment keeps",
        &report_.notes);
  }

  postgres::Session& session_;
  const CheckOptions& options_;
  const store::Layout layout_;
  Findings findings_;
  const operations::Progress& progress_;
  CheckReport report_;
};

using Fields = std::vector<postgres::CopyField>;
using store::Qualified;

absl::Status Each(postgres::Session& session, const std::string& query, size_t columns,
                  const std::function<void(const Fields&)>& visit) {
  Fields fields;
  return session.CopyOut(Cat("(", query, ")"), [&](std::string_view line) -> absl::Status {
    if (!postgres::SplitCopyLine(line, columns, &fields)) {
      return Error(Reason::INTERNAL, "COPY returned a line of an unexpected form");
    }
    visit(fields);
    return absl::OkStatus();
  });
}

absl::Status UnreadableIntervals(postgres::Session& session, const std::string& schema,
                                 Findings& findings) {
  return Each(
      session,
      Cat("SELECT coalesce(name, ''), coalesce(version, ''), coalesce(id, '') FROM ",
          Qualified(schema, "_intervals"),
          " WHERE name IS NULL OR version IS NULL OR created_ts IS NULL OR start_ts IS "
          "NULL OR end_ts IS NULL ORDER BY 1, 2, 3"),
      3, [&](const Fields& fields) {
        findings.Add(
            {FindingKind::kUnreadableRow, std::string(fields[0].text), "",
             Cat("Interval row ", fields[2].text, " of ", fields[0].text, " version ",
                 fields[1].text, " lacks its name, version, creation time, start or end."),
             "Delete the row; the next run of the model computes missing intervals again."});
      });
}

using simdjson::dom::element;
using store::EnvironmentList;
using store::EnvironmentRow;
using transfer::KeyOf;

constexpr std::string_view kProd = "prod";

std::string PlanCommand(const EnvironmentRow& row) { return Cat("`sqlmesh plan ", row.name, "`"); }

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

absl::StatusOr<CheckReport> CheckState(postgres::Session& session, const CheckOptions& options,
                                       const Findings::Sink& on_finding,
                                       const operations::Progress& progress) {
  ASSIGN_OR_RETURN(auto tables, store::PresentTables(session, options.schema));
  if (tables.empty()) return store::NotMigrated(options.database, options.schema);
  ASSIGN_OR_RETURN(auto transaction,
                   transfer::BeginRead(session, options.schema, tables, options.lock_timeout));
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(session, options.schema));
  if (!versions.has_value()) return store::NotMigrated(options.database, options.schema);
  RETURN_IF_ERROR(store::CheckExportable(*versions, /*allow_newer=*/false));
  return Checker(session, options, *std::move(versions), on_finding, progress).Check();
}

absl::Status CheckIntervals(postgres::Session& session, const std::string& schema,
                            Findings& findings) {
  RETURN_IF_ERROR(UnreadableIntervals(session, schema, findings));
  return Each(
      session,
      Cat("SELECT t.name, t.version, count(*) FROM ", Qualified(schema, "_intervals"),
          " t WHERE NOT EXISTS (SELECT 1 FROM ", Qualified(schema, "_snapshots"),
          " s WHERE s.name = t.name AND s.version = t.version) AND t.name IS NOT NULL AND "
          "t.version IS NOT NULL GROUP BY t.name, t.version "
          "ORDER BY t.name COLLATE \"C\", t.version COLLATE \"C\""),
      3, [&](const Fields& fields) {
        findings.Add({FindingKind::kOrphanedIntervals, std::string(fields[0].text), "",
                      Cat("Rows of _intervals of ", fields[0].text, " version ", fields[1].text,
                          " (", fields[2].text, "): no snapshot has that version."),
                      "Delete the rows of that name and version; nothing reads them."});
      });
}

absl::Status CheckStatements(postgres::Session& session, const std::string& schema,
                             Findings& findings) {
  return Each(session,
              Cat("SELECT t.environment_name FROM ", Qualified(schema, "_environment_statements"),
                  " t WHERE NOT EXISTS (SELECT 1 FROM ", Qualified(schema, "_environments"),
                  " e WHERE e.name = t.environment_name) ORDER BY 1"),
              1, [&](const Fields& fields) {
                findings.Add({FindingKind::kOrphanedStatements, std::string(fields[0].text), "",
                              Cat("_environment_statements has a row of environment '",
                                  fields[0].text, "', which does not exist."),
                              "Delete the row; nothing reads it."});
              });
}

absl::Status CheckAutoRestatements(postgres::Session& session, const std::string& schema,
                                   Findings& findings) {
  return Each(
      session,
      Cat("SELECT t.snapshot_name, t.snapshot_version FROM ",
          Qualified(schema, "_auto_restatements"), " t WHERE NOT EXISTS (SELECT 1 FROM ",
          Qualified(schema, "_snapshots"),
          " s WHERE s.name = t.snapshot_name AND s.version = t.snapshot_version) "
          "ORDER BY 1, 2"),
      2, [&](const Fields& fields) {
        findings.Add({FindingKind::kOrphanedAutoRestatement, std::string(fields[0].text), "",
                      Cat("_auto_restatements has a row of ", fields[0].text, " version ",
                          fields[1].text, ", which no snapshot has."),
                      "Delete the row; nothing reads it."});
      });
}

absl::Status EnvironmentChecks::Check() {
  ASSIGN_OR_RETURN(auto rows, store::ReadEnvironments(session_, schema_, layout_, {}));
  environments_ = static_cast<int64_t>(rows.size());
  for (const EnvironmentRow& row : rows) RETURN_IF_ERROR(One(row));
  return absl::OkStatus();
}

void EnvironmentChecks::Unreadable(const EnvironmentRow& row, std::string_view what) {
  findings_.Add({FindingKind::kUnreadableRow, row.name, "",
                 Cat("Environment '", row.name, "': ", what, "."),
                 "Restore the row from a backup or a restore point."});
}

absl::Status EnvironmentChecks::One(const EnvironmentRow& row) {
  transfer::SnapshotKeySet own;
  if (!row.snapshots_bytes.has_value()) Unreadable(row, "column snapshots is NULL");
  RETURN_IF_ERROR(List(row, EnvironmentList::kSnapshots, [&](const store::TableInfo& info) {
    auto key = KeyOf(info.name, info.identifier);
    own.insert(key);
    used_.insert(key);
    if (row.name == kProd) {
      prod_.insert(key);
      prod_.insert(KeyOf(info.name, ""));
    }
    if (present_.contains(key)) return;
    findings_.Add({FindingKind::kDanglingReference, row.name, info.identifier,
                   Cat("Environment '", row.name, "' names the snapshot ", info.name, " ",
                       info.identifier, ", which does not exist."),
                   Cat("Export the environment and import the file with `drop_dangling`, which "
                       "leaves the entry out; ",
                       PlanCommand(row), " then adds the model again.")});
  }));
  bool stale = false;
  RETURN_IF_ERROR(List(row, EnvironmentList::kPreviousFinalized, [&](const store::TableInfo& info) {
    auto key = KeyOf(info.name, info.identifier);
    if (!row.finalized_ts.has_value()) used_.insert(key);
    if (present_.contains(key)) return;
    stale = true;
    // SQLMesh reads the list only if the environment is not finalized.
    if (row.finalized_ts.has_value()) return;
    findings_.Add(
        {FindingKind::kStalePreviousFinalized, row.name, info.identifier,
         Cat("Environment '", row.name,
             "' is not finalized, and its "
             "previous_finalized_snapshots name ",
             info.name, " ", info.identifier, ", which does not exist."),
         Cat("Apply a plan to the environment, which finalizes it: ", PlanCommand(row), ".")});
  }));
  if (stale && row.finalized_ts.has_value()) unread_.Add(row.name);
  Promoted(row, own);
  JsonColumns(row);
  return absl::OkStatus();
}

// An unreadable list is a finding; a lost connection is an error.
absl::Status EnvironmentChecks::List(const EnvironmentRow& row, EnvironmentList list,
                                     const std::function<void(const store::TableInfo&)>& visit) {
  // PostgreSQL splits long lists itself, and may fail to parse them.
  RETURN_IF_ERROR(session_.Execute("SAVEPOINT list"));
  absl::Status status =
      store::ReadEnvironmentList(session_, schema_, row, list,
                                 [&](std::string_view array) { return infos_.Read(array, visit); });
  if (status.ok()) return session_.Execute("RELEASE SAVEPOINT list");
  if (ReasonOf(status) != Reason::STATE_CORRUPT) return status;
  RETURN_IF_ERROR(session_.Execute("ROLLBACK TO SAVEPOINT list; RELEASE SAVEPOINT list"));
  Unreadable(row, Cat(list == EnvironmentList::kSnapshots ? "column snapshots: "
                                                          : "column previous_finalized_snapshots: ",
                      MessageOf(status)));
  return absl::OkStatus();
}

void EnvironmentChecks::Promoted(const EnvironmentRow& row, const transfer::SnapshotKeySet& own) {
  if (!row.promoted_snapshot_ids.has_value()) return;
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array ids;
  absl::Status parsed =
      state::ParseDocument(&parser, *row.promoted_snapshot_ids, Reason::STATE_CORRUPT,
                           "column promoted_snapshot_ids", &root);
  if (!parsed.ok()) return Unreadable(row, MessageOf(parsed));
  if (root.is_null()) return;
  if (root.get(ids) != simdjson::SUCCESS) {
    return Unreadable(row, "column promoted_snapshot_ids does not hold a list");
  }
  for (element id : ids) {
    std::string_view name, identifier;
    if (id["name"].get(name) != simdjson::SUCCESS ||
        id["identifier"].get(identifier) != simdjson::SUCCESS) {
      return Unreadable(row,
                        "column promoted_snapshot_ids has an element without name or "
                        "identifier");
    }
    auto key = KeyOf(name, identifier);
    if (own.contains(key)) continue;
    findings_.Add(
        {FindingKind::kStalePromotedId, row.name, std::string(identifier),
         Cat("Environment '", row.name, "': promoted_snapshot_ids name ", name, " ", identifier,
             ", which ",
             present_.contains(key) ? "the environment does not use." : "does not exist."),
         row.name == kProd
             ? "Set the column promoted_snapshot_ids to NULL: prod promotes all of its snapshots."
             : Cat("Recreate the environment: `sqlmesh invalidate ", row.name, "`, then ",
                   PlanCommand(row), ".")});
  }
}

void EnvironmentChecks::JsonColumns(const EnvironmentRow& row) {
  const std::pair<const std::optional<std::string>*, std::string_view> columns[] = {
      {&row.requirements, "column requirements"},
      {&row.statements, "column environment_statements"}};
  simdjson::dom::parser parser;
  for (const auto& [text, what] : columns) {
    if (!text->has_value()) continue;
    element root;
    absl::Status parsed = state::ParseDocument(&parser, **text, Reason::STATE_CORRUPT, what, &root);
    if (!parsed.ok()) Unreadable(row, MessageOf(parsed));
  }
}

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
