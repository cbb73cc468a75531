// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/exporter.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/error.h"
#include "common/failpoint.h"
#include "common/text.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/newer_schema.h"
#include "server/sqlmesh/transfer/record_stream.h"
#include "server/sqlmesh/transfer/state_scan.h"
#include "server/sqlmesh/transfer/state_token.h"

namespace stateserver::transfer {
namespace {

// Environments are cached between the first and the second pass up to this many bytes; others are
// read and encoded again.
constexpr int64_t kEnvironmentCacheBytes = 32 << 20;

class Exporter {
 public:
  // `notes` are known before the export.
  Exporter(postgres::Session& session, const ExportOptions& options, store::Versions versions,
           ExportSink& sink, std::vector<Note> notes = {})
      : session_(session),
        options_(options),
        versions_(std::move(versions)),
        sink_(sink),
        notes_(std::move(notes)),
        stream_(sink),
        scan_(session, options.schema, versions_),
        digest_(versions_) {}

  absl::StatusOr<ExportTrailer> Export() {
    RETURN_IF_ERROR(FindEnvironments());
    RETURN_IF_ERROR(ReadNames());
    RETURN_IF_ERROR(FetchEnvironments());
    // PostgreSQL joins and sorts while the environments are encoded here.
    RETURN_IF_ERROR(scan_.StartSnapshots());
    RETURN_IF_ERROR(EncodeEnvironments());
    RETURN_IF_ERROR(SendHeader());
    RETURN_IF_ERROR(SendSnapshots());
    RETURN_IF_ERROR(SendEnvironments());
    RETURN_IF_ERROR(NameDangling());
    return Trailer();
  }

 private:
  struct Selected {
    Selected(store::EnvironmentRow read, bool wanted) : row(std::move(read)), selected(wanted) {}
    store::EnvironmentRow row;
    bool selected;
    // If set, the members below hold the stored lists until these are encoded.
    bool cached = false;
    std::string snapshots, previous_finalized;
    std::string json;
  };

  absl::Status FindEnvironments() {
    store::Layout layout(versions_.schema_version);
    ASSIGN_OR_RETURN(auto all, store::ReadEnvironments(session_, options_.schema, layout, {}));
    std::set<std::string> selected;
    for (const std::string& name : options_.environments) {
      const store::EnvironmentRow* row = store::FindEnvironment(all, name);
      // Begins like the message of SQLMesh's export.
      if (row == nullptr) return store::EnvironmentNotFound(name, "No such environment: ");
      selected.insert(row->name);
    }
    for (auto& row : all) {
      bool select = options_.environments.empty() || selected.contains(row.name);
      environments_.emplace_back(std::move(row), select);
    }
    return absl::OkStatus();
  }

  // Reads the names of all snapshots.
  absl::Status ReadNames() {
    std::vector<postgres::CopyField> fields;
    RETURN_IF_ERROR(session_.CopyOut(
        Cat("(SELECT name, identifier FROM ", store::Qualified(options_.schema, "_snapshots"), ")"),
        [&](std::string_view line) -> absl::Status {
          if (!postgres::SplitCopyLine(line, 2, &fields)) {
            return Error(Reason::INTERNAL, "COPY returned an unexpected line");
          }
          present_.insert(KeyOf(fields[0].text, fields[1].text));
          return absl::OkStatus();
        }));
    ASSIGN_OR_RETURN(postgres::Result now,
                     session_.QueryPrepared("SELECT (extract(epoch FROM now()) * 1000)::bigint"));
    snapshot_ts_ = now.Int(0, 0);
    return absl::OkStatus();
  }

  // Reads the selected environments' lists: caches what fits, and otherwise only records which
  // snapshots they use.
  absl::Status FetchEnvironments() {
    int64_t cached = 0;
    for (Selected& environment : environments_) {
      if (!environment.selected) continue;
      const store::EnvironmentRow& row = environment.row;
      int64_t snapshots = row.snapshots_bytes.value_or(0);
      int64_t previous = row.previous_finalized_bytes.value_or(0);
      environment.cached = std::max(snapshots, previous) <= store::kWholeListBytes &&
                           cached + snapshots + previous <= kEnvironmentCacheBytes;
      if (environment.cached) {
        cached += snapshots + previous;
        RETURN_IF_ERROR(Fetch(environment));
      } else {
        RETURN_IF_ERROR(scan_.References(row, AddReference()));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Fetch(Selected& environment) {
    auto fetch = [&](store::EnvironmentList list, std::string* text) {
      return store::ReadEnvironmentList(session_, options_.schema, environment.row, list,
                                        [text](std::string_view whole) {
                                          *text = whole;
                                          return absl::OkStatus();
                                        });
    };
    RETURN_IF_ERROR(fetch(store::EnvironmentList::kSnapshots, &environment.snapshots));
    return fetch(store::EnvironmentList::kPreviousFinalized, &environment.previous_finalized);
  }

  absl::Status EncodeEnvironments() {
    for (Selected& environment : environments_) {
      if (!environment.cached) continue;
      auto fetched = [&](store::EnvironmentList list,
                         const std::function<absl::Status(std::string_view)>& chunk) {
        std::string text = std::exchange(list == store::EnvironmentList::kSnapshots
                                             ? environment.snapshots
                                             : environment.previous_finalized,
                                         {});
        return text.empty() ? absl::OkStatus() : chunk(text);
      };
      environment.json.reserve(environment.snapshots.size());
      RETURN_IF_ERROR(scan_.Environment(
          environment.row, fetched,
          [&](std::string_view piece) {
            environment.json.append(piece);
            return absl::OkStatus();
          },
          AddReference()));
    }
    return absl::OkStatus();
  }

  std::function<void(const store::TableInfo&)> AddReference() {
    return [this](const store::TableInfo& info) {
      references_.insert(KeyOf(info.name, info.identifier));
    };
  }

  absl::Status SendHeader() {
    ExportHeader header;
    header.versions = versions_;
    header.snapshot_ts = snapshot_ts_;
    for (const SnapshotKey& key : references_) header.counts.snapshots += present_.contains(key);
    for (const Selected& environment : environments_) {
      header.counts.environments += environment.selected;
    }
    has_dangling_ = header.counts.snapshots != static_cast<int64_t>(references_.size());
    return sink_.Header(header);
  }

  absl::Status NameDangling() {
    if (!has_dangling_) return absl::OkStatus();
    for (Selected& environment : environments_) {
      if (!environment.selected) continue;
      RETURN_IF_ERROR(scan_.References(environment.row, [&](const store::TableInfo& info) {
        if (present_.contains(KeyOf(info.name, info.identifier))) return;
        dangling_.Add(Cat(environment.row.name, ": ", info.name, " ", info.identifier));
      }));
    }
    return absl::OkStatus();
  }

  absl::Status SendSnapshots() {
    return scan_.FinishSnapshots([&](const ScannedSnapshot& snapshot) -> absl::Status {
      digest_.Add(Section::kSnapshots, snapshot.json);
      if (!references_.contains(KeyOf(snapshot.name, snapshot.identifier))) {
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(snapshot.status);
      counts_.snapshots += 1;
      if (counts_.snapshots == 2) FAILPOINT("export.mid_stream");
      counts_.intervals += snapshot.intervals;
      counts_.auto_restatements += snapshot.auto_restatement;
      if (snapshot.notes.columns_unproven) unproven_columns_.Add(snapshot.name);
      if (snapshot.notes.when_matched_unproven) unproven_when_matched_.Add(snapshot.name);
      if (snapshot.notes.expressions_unproven) unproven_expressions_.Add(snapshot.name);
      if (snapshot.effective_from_unproven) unproven_effective_from_.Add(snapshot.name);
      return stream_.Record(Section::kSnapshots, snapshot.name, snapshot.identifier, snapshot.json);
    });
  }

  absl::Status SendEnvironments() {
    for (Selected& environment : environments_) {
      digest_.BeginEnvironment(environment.row);
      if (environment.selected) stream_.Begin(Section::kEnvironments, environment.row.name, "");
      auto piece = [&](std::string_view json) -> absl::Status {
        digest_.AddPiece(json);
        return environment.selected ? stream_.Append(json) : absl::OkStatus();
      };
      if (environment.cached) {
        RETURN_IF_ERROR(piece(environment.json));
        std::string().swap(environment.json);
      } else {
        RETURN_IF_ERROR(environment.selected
                            ? scan_.EnvironmentAfterReferences(environment.row, piece)
                            : scan_.Environment(environment.row, piece, [](const auto&) {}));
      }
      if (!environment.selected) continue;
      RETURN_IF_ERROR(stream_.End());
      counts_.environments += 1;
      counts_.statements += environment.row.statements.has_value();
    }
    return absl::OkStatus();
  }

  ExportTrailer Trailer() {
    ExportTrailer trailer;
    trailer.counts = counts_;
    trailer.checksum = stream_.Checksum();
    trailer.state_token = digest_.Token();
    unproven_columns_.AppendTo("unproven_columns",
                               "column types were exported as stored, because SQLMesh's spelling "
                               "of them is not proven for their dialect",
                               &trailer.notes);
    unproven_when_matched_.AppendTo(
        "unproven_when_matched",
        "when_matched was exported as stored, because SQLMesh's spelling of it is not proven",
        &trailer.notes);
    unproven_expressions_.AppendTo("unproven_expressions",
                                   "SQL expressions were exported as stored, because SQLMesh's "
                                   "spelling of them is not proven for their dialect",
                                   &trailer.notes);
    unproven_effective_from_.AppendTo("unproven_effective_from",
                                      "effective_from is not a plain date or time, so intervals of "
                                      "other snapshots were not cut at it",
                                      &trailer.notes);
    dangling_.AppendTo("dangling_reference",
                       "environments name snapshots that the state does not hold", &trailer.notes);
    trailer.notes.insert(trailer.notes.end(), notes_.begin(), notes_.end());
    return trailer;
  }

  postgres::Session& session_;
  const ExportOptions& options_;
  const store::Versions versions_;
  ExportSink& sink_;
  const std::vector<Note> notes_;
  RecordStream stream_;
  StateScan scan_;
  StateDigest digest_;
  std::vector<Selected> environments_;
  int64_t snapshot_ts_ = 0;
  SnapshotKeySet present_;
  SnapshotKeySet references_;
  bool has_dangling_ = false;
  Counts counts_;
  NoteCounter unproven_columns_;
  NoteCounter unproven_when_matched_;
  NoteCounter unproven_expressions_;
  NoteCounter unproven_effective_from_;
  NoteCounter dangling_;
};

// Exports a state in the session's transaction, unless its versions do not allow it.
absl::StatusOr<ExportTrailer> ExportReadable(postgres::Session& session,
                                             const ExportOptions& options, ExportSink& sink) {
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(session, options.schema));
  if (!versions.has_value()) return store::NotMigrated(options.database, options.schema);
  RETURN_IF_ERROR(store::CheckExportable(*versions));
  ASSIGN_OR_RETURN(std::vector<Note> notes, NotesOfNewerSchema(session, options.schema, *versions));
  return Exporter(session, options, *versions, sink, std::move(notes)).Export();
}

// Loads a restore point's rows into temporary tables, and exports those.
absl::StatusOr<ExportTrailer> ExportRestorePoint(postgres::Session& session, ExportOptions options,
                                                 ExportSink& sink) {
  ASSIGN_OR_RETURN(auto transaction,
                   postgres::Transaction::Begin(session, postgres::Isolation::kReadCommitted));
  RETURN_IF_ERROR(restore_points::LoadIntoTemp(session, options.schema, options.restore_point_id));
  RETURN_IF_ERROR(session.Execute("SET LOCAL work_mem = '64MB'"));
  options.schema = "pg_temp";
  return ExportReadable(session, options, sink);
}

}  // namespace

absl::StatusOr<ExportTrailer> ExportState(postgres::Session& session, const ExportOptions& options,
                                          ExportSink& sink) {
  if (!options.restore_point_id.empty()) return ExportRestorePoint(session, options, sink);
  ASSIGN_OR_RETURN(auto tables, store::PresentTables(session, options.schema));
  if (tables.empty()) return store::NotMigrated(options.database, options.schema);
  ASSIGN_OR_RETURN(auto transaction,
                   BeginRead(session, options.schema, tables, options.lock_timeout));
  return ExportReadable(session, options, sink);
}

absl::StatusOr<ExportTrailer> ExportInTransaction(postgres::Session& session,
                                                  const ExportOptions& options,
                                                  const store::Versions& versions,
                                                  ExportSink& sink) {
  return Exporter(session, options, versions, sink).Export();
}

}  // namespace stateserver::transfer
