// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/write_snapshots.h"

#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/sqlmesh/migrations/rows/migrate_rows.h"
#include "server/sqlmesh/records/snapshot_codec.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

// Bytes of documents fetched at once.
constexpr size_t kBatchBytes = 4 << 20;
constexpr size_t kBatchRows = 500;

class SnapshotWriter {
 public:
  SnapshotWriter(postgres::Session& session, const RunOptions& options,
                 const operations::Progress& progress, const Graph& graph, const Targets& targets)
      : session_(session),
        progress_(progress),
        graph_(graph),
        targets_(targets),
        snapshots_table_(store::Qualified(options.schema, "_snapshots")),
        rows_(session, Cat(snapshots_table_,
                           " (name, identifier, version, snapshot, kind_name, updated_ts,"
                           " unpaused_ts, ttl_ms, unrestorable, forward_only, dev_version,"
                           " fingerprint)")),
        infos_(session, "pg_temp.stateserver_infos (target, info)") {}

  absl::StatusOr<int64_t> Write() {
    RETURN_IF_ERROR(CreateTemp(session_, "stateserver_infos", "target integer, info text"));
    RETURN_IF_ERROR(session_.Execute(
        Cat("DECLARE stateserver_sources NO SCROLL CURSOR FOR SELECT t.target, s.snapshot,"
            " s.version, s.kind_name, s.updated_ts, s.unpaused_ts, s.ttl_ms, s.unrestorable,"
            " s.forward_only FROM pg_temp.stateserver_targets t"
            " JOIN pg_temp.stateserver_used u ON u.place = t.place JOIN ",
            snapshots_table_, " s ON s.name = u.name AND s.identifier = u.identifier",
            " ORDER BY t.target")));
    for (size_t done = 0; done < targets_.targets.size();) {
      ASSIGN_OR_RETURN(size_t count, WriteBatch(done));
      done += count;
      progress_("Writing snapshots", static_cast<int64_t>(done),
                static_cast<int64_t>(targets_.targets.size()));
    }
    RETURN_IF_ERROR(session_.Execute("CLOSE stateserver_sources"));
    return written_;
  }

 private:
  // Returns how many of the next documents fit.
  size_t BatchSize(size_t from) const {
    size_t bytes = 0;
    size_t count = 0;
    while (from + count < targets_.targets.size() && count < kBatchRows && bytes < kBatchBytes) {
      bytes += graph_[targets_.targets[from + count].source].document_bytes;
      ++count;
    }
    return count;
  }

  absl::StatusOr<size_t> WriteBatch(size_t from) {
    size_t count = BatchSize(from);
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session_.Query(Cat("FETCH FORWARD ", count, " FROM stateserver_sources")));
    if (rows.rows() != count) {
      return Error(Reason::INTERNAL,
                   Cat("The cursor returned ", rows.rows(), " rows instead of ", count));
    }
    for (size_t i = 0; i < count; ++i) RETURN_IF_ERROR(WriteOne(rows, i));
    RETURN_IF_ERROR(rows_.Flush());
    RETURN_IF_ERROR(infos_.Flush());
    return count;
  }

  absl::Status WriteOne(const postgres::Result& rows, size_t i) {
    size_t number = static_cast<size_t>(rows.Int(i, 0));
    const Target& target = targets_.targets[number];
    const Node& source = graph_[target.source];
    absl::Status status = codec_.Parse(rows.Text(i, 1));
    if (status.ok() && !target.is_source) status = Migrate(source);
    info_.clear();
    if (status.ok()) status = codec_.AppendTableInfo(rows.Bool(i, 8), &info_);
    if (!status.ok()) {
      return WithFact(
          WithPrefix(Cat("Snapshot ", source.name, " (", source.identifier, "): "), status),
          "identifier", source.identifier);
    }
    RETURN_IF_ERROR(infos_.Add(postgres::CopyLine().Int(static_cast<int64_t>(number)).Text(info_)));
    if (target.is_source || target.exists) return absl::OkStatus();
    return AddRow(source, rows, i);
  }

  absl::Status Migrate(const Node& source) {
    state::MigratedFields fields;
    fields.fingerprint = source.after.View();
    for (NodeIndex parent : source.parents) {
      const Node& node = graph_[parent];
      fields.parents.push_back({node.name, node.changed() ? node.new_identifier : node.identifier});
    }
    return codec_.Migrate(fields);
  }

  absl::Status AddRow(const Node& source, const postgres::Result& rows, size_t i) {
    ASSIGN_OR_RETURN(state::SnapshotFacts facts, codec_.Facts());
    document_.clear();
    state::EncodeNotes notes;
    codec_.AppendDocument(&document_, &notes);
    fingerprint_.clear();
    codec_.AppendFingerprint(source.after.View(), &fingerprint_);
    postgres::CopyLine line;
    line.Text(source.name).Text(source.new_identifier).Text(rows.Text(i, 2)).Text(document_);
    // The columns kind_name to forward_only are copied unchanged.
    for (size_t column = 3; column <= 8; ++column) line.Text(rows.OptionalText(i, column));
    line.Text(facts.dev_version).Text(fingerprint_);
    ++written_;
    return rows_.Add(line);
  }

  postgres::Session& session_;
  const operations::Progress& progress_;
  const Graph& graph_;
  const Targets& targets_;
  const std::string snapshots_table_;
  postgres::RowBuffer rows_;
  postgres::RowBuffer infos_;
  state::SnapshotCodec codec_;
  std::string info_, document_, fingerprint_;
  int64_t written_ = 0;
};

}  // namespace

absl::StatusOr<int64_t> WriteSnapshots(postgres::Session& session, const RunOptions& options,
                                       const operations::Progress& progress, const Graph& graph,
                                       const Targets& targets) {
  return SnapshotWriter(session, options, progress, graph, targets).Write();
}

}  // namespace stateserver::migrations
