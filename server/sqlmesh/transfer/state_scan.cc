// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/state_scan.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/intervals/intervals.h"
#include "server/sqlmesh/intervals/wire.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/records/environment_codec.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/time/cron.h"
#include "server/sqlmesh/time/time_like.h"

namespace stateserver::transfer {
namespace {

using store::Qualified;

constexpr size_t kScannedColumns = 9;

// SnapshotEncoder converts one row of the COPY to a record and keeps its buffers between rows.
class SnapshotEncoder {
 public:
  SnapshotEncoder(state::SnapshotCodec& codec, const store::Layout& layout)
      : codec_(codec), layout_(layout) {}

  absl::StatusOr<ScannedSnapshot> Encode(const postgres::Fields& row) {
    if (row.size() != kScannedColumns) {
      return Error(Reason::INTERNAL, "COPY returned a row of an unexpected form");
    }
    fields_ = row;
    ScannedSnapshot out;
    out.name = Text(0);
    out.identifier = Text(1);
    out.auto_restatement = fields_[7].has_value();
    json_.clear();
    out.status = EncodeRow(&out);
    if (!out.status.ok()) {
      json_ = Text(2);
      out.status = WithFact(
          WithFact(WithPrefix(Cat("Snapshot ", out.name, " ", out.identifier, ": "), out.status),
                   "record", out.name),
          "identifier", out.identifier);
    }
    out.json = json_;
    return out;
  }

 private:
  std::string_view Text(size_t column) const { return fields_[column].value_or(""); }

  std::optional<int64_t> Number(size_t column) const {
    if (!fields_[column].has_value()) return std::nullopt;
    return std::strtoll(std::string(Text(column)).c_str(), nullptr, 10);
  }

  std::optional<bool> Truth(size_t column) const {
    if (!fields_[column].has_value()) return std::nullopt;
    return Text(column) == "true";
  }

  absl::Status EncodeRow(ScannedSnapshot* out) {
    RETURN_IF_ERROR(codec_.Parse(Text(2)));
    state::SnapshotOverlay overlay;
    overlay.updated_ts = Number(3);
    overlay.unpaused_ts = Number(4);
    overlay.unrestorable = Truth(5);
    overlay.forward_only = Truth(6);
    overlay.next_auto_restatement_ts = Number(7);
    RETURN_IF_ERROR(AssignIntervals(&overlay, &out->effective_from_unproven));
    out->intervals = static_cast<int64_t>(overlay.intervals.size() + overlay.dev_intervals.size() +
                                          overlay.pending_restatement_intervals.size());
    return codec_.AppendExport(overlay, layout_.schema_version, &json_, &out->notes);
  }

  absl::Status AssignIntervals(state::SnapshotOverlay* overlay, bool* effective_from_unproven) {
    if (!fields_[8].has_value()) return absl::OkStatus();
    if (!state::ParseAggregatedIntervals(Text(8), &rows_)) {
      return Error(Reason::STATE_CORRUPT, "A row of '_intervals' lacks its start or end",
                   "Restore the rows from a backup.");
    }
    ASSIGN_OR_RETURN(state::SnapshotFacts snapshot, codec_.Facts());
    state::SnapshotIntervalLists lists = state::AssignIntervals(
        state::FoldIntervals(rows_), IntervalFacts(snapshot, effective_from_unproven));
    overlay->intervals = std::move(lists.intervals);
    overlay->dev_intervals = std::move(lists.dev_intervals);
    overlay->pending_restatement_intervals = std::move(lists.pending_restatement_intervals);
    overlay->last_altered_ts = lists.last_altered_ts;
    overlay->dev_last_altered_ts = lists.dev_last_altered_ts;
    return absl::OkStatus();
  }

  state::SnapshotIntervalFacts IntervalFacts(const state::SnapshotFacts& snapshot,
                                             bool* effective_from_unproven) {
    state::SnapshotIntervalFacts facts;
    facts.identifier = Text(1);
    dev_version_ = snapshot.dev_version;
    facts.dev_version = dev_version_;
    facts.allow_partials = snapshot.allow_partials;
    facts.last_altered_ts = snapshot.last_altered_ts;
    facts.dev_last_altered_ts = snapshot.dev_last_altered_ts;
    auto unit = snapshot.interval_unit.empty()
                    ? units_.Get(snapshot.cron)
                    : state::IntervalUnitFromName(snapshot.interval_unit);
    // For an uncertain unit, the smallest changes least, because stored ranges are aligned.
    facts.unit = unit.value_or(state::IntervalUnit::kFiveMinute);
    if (snapshot.effective_from.empty()) return facts;
    std::optional<int64_t> effective =
        snapshot.effective_from_is_number
            ? state::TimestampMs(std::strtoll(snapshot.effective_from.c_str(), nullptr, 10))
            : state::TimestampMs(snapshot.effective_from);
    *effective_from_unproven = !effective.has_value();
    facts.effective_from_ms = effective.value_or(0);
    return facts;
  }

  state::SnapshotCodec& codec_;
  const store::Layout& layout_;
  state::CronUnits units_;
  std::string dev_version_;
  postgres::Fields fields_;
  std::vector<state::IntervalRow> rows_;
  std::string json_;
};

state::EnvironmentRow Columns(const store::EnvironmentRow& row) {
  state::EnvironmentRow out;
  out.name = row.name;
  out.start_at = row.start_at;
  out.end_at = row.end_at;
  out.plan_id = row.plan_id.value_or("");
  out.previous_plan_id = row.previous_plan_id;
  out.expiration_ts = row.expiration_ts;
  out.finalized_ts = row.finalized_ts;
  out.suffix_target = row.suffix_target;
  out.catalog_name_override = row.catalog_name_override;
  out.normalize_name = row.normalize_name;
  out.gateway_managed = row.gateway_managed;
  out.requirements = row.requirements;
  return out;
}

// Appends `,"key":` and the stored JSON without its spaces and escapes; nothing for NULL.
absl::Status AppendStored(const std::optional<std::string>& json, std::string_view key,
                          std::string* out) {
  if (!json.has_value()) return absl::OkStatus();
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  RETURN_IF_ERROR(
      state::ParseDocument(&parser, *json, Reason::STATE_CORRUPT, Cat("The column ", key), &root));
  AppendTo(out, ",\"", key, "\":");
  state::AppendValue(root, out);
  return absl::OkStatus();
}

absl::Status OfEnvironment(const store::EnvironmentRow& row, const absl::Status& status) {
  if (ReasonOf(status) != Reason::STATE_CORRUPT || FactsOf(status).contains("environment")) {
    return status;
  }
  return WithFact(WithPrefix(Cat("Environment '", row.name, "': "), status), "environment",
                  row.name);
}

}  // namespace

StateScan::StateScan(postgres::Session& session, std::string schema, store::Versions versions)
    : session_(session),
      schema_(std::move(schema)),
      versions_(std::move(versions)),
      layout_(versions_.schema_version) {
  codec_.set_sqlglot_version(versions_.sqlglot_version);
}

std::string StateScan::SnapshotsSource(std::string_view where) const {
  std::string sql =
      Cat("(SELECT s.name, s.identifier, s.snapshot, s.updated_ts::text, s.unpaused_ts::text, "
          "s.unrestorable::text, ",
          layout_.snapshot_forward_only ? "s.forward_only::text" : "NULL::text", ", ",
          layout_.auto_restatements ? "a.next_auto_restatement_ts::text" : "NULL::text",
          ", i.intervals FROM ", Qualified(schema_, "_snapshots"), " s");
  if (layout_.auto_restatements) {
    AppendTo(&sql, " LEFT JOIN ", Qualified(schema_, "_auto_restatements"),
             " a ON a.snapshot_name = s.name AND a.snapshot_version = s.version");
  }
  AppendTo(&sql, " LEFT JOIN (SELECT t.name, t.version, ",
           state::AggregatedIntervalsSql(layout_.schema_version, "t"), " AS intervals FROM ",
           Qualified(schema_, "_intervals"),
           " t GROUP BY t.name, t.version) i ON i.name = s.name AND i.version = s.version", where,
           " ORDER BY s.name COLLATE \"C\", s.identifier COLLATE \"C\")");
  return sql;
}

absl::Status StateScan::StartSnapshots() {
  ASSIGN_OR_RETURN(snapshots_, session_.StartCopyFields(SnapshotsSource("")));
  return absl::OkStatus();
}

absl::Status StateScan::FinishSnapshots(
    const std::function<absl::Status(const ScannedSnapshot&)>& visit) {
  absl::Status status = Scan(*snapshots_, visit);
  snapshots_.reset();
  return status;
}

absl::Status StateScan::Snapshots(
    const std::function<absl::Status(const ScannedSnapshot&)>& visit) {
  RETURN_IF_ERROR(StartSnapshots());
  return FinishSnapshots(visit);
}

absl::Status StateScan::Snapshot(std::string_view name, std::string_view identifier,
                                 const std::function<absl::Status(const ScannedSnapshot&)>& visit) {
  std::string source =
      SnapshotsSource(Cat(" WHERE s.name = ", postgres::QuoteLiteral(name),
                          " AND s.identifier = ", postgres::QuoteLiteral(identifier)));
  ASSIGN_OR_RETURN(auto rows, session_.StartCopyFields(source));
  return Scan(*rows, visit);
}

absl::Status StateScan::Scan(postgres::CopyFields& rows,
                             const std::function<absl::Status(const ScannedSnapshot&)>& visit) {
  SnapshotEncoder encoder(codec_, layout_);
  return rows.Read([&](const postgres::Fields& row) -> absl::Status {
    ASSIGN_OR_RETURN(ScannedSnapshot snapshot, encoder.Encode(row));
    return visit(snapshot);
  });
}

absl::Status StateScan::Environment(const store::EnvironmentRow& row,
                                    const std::function<absl::Status(std::string_view)>& piece,
                                    const std::function<void(const store::TableInfo&)>& reference) {
  return Environment(row, FromTable(row), piece, reference);
}

StateScan::ListReader StateScan::FromTable(const store::EnvironmentRow& row) {
  return [this, &row](store::EnvironmentList list,
                      const std::function<absl::Status(std::string_view)>& chunk) {
    return store::ReadEnvironmentList(session_, schema_, row, list, chunk);
  };
}

absl::Status StateScan::References(const store::EnvironmentRow& row,
                                   const std::function<void(const store::TableInfo&)>& reference) {
  absl::Status status = store::ReadEnvironmentList(
      session_, schema_, row, store::EnvironmentList::kSnapshots,
      [&](std::string_view array) { return table_infos_.Read(array, reference); });
  return OfEnvironment(row, status);
}

absl::Status StateScan::EnvironmentAfterReferences(
    const store::EnvironmentRow& row, const std::function<absl::Status(std::string_view)>& piece) {
  return Environment(row, FromTable(row), piece, nullptr);
}

absl::Status StateScan::Environment(const store::EnvironmentRow& row, const ListReader& lists,
                                    const std::function<absl::Status(std::string_view)>& piece,
                                    const std::function<void(const store::TableInfo&)>& reference) {
  state::EnvironmentRow columns = Columns(row);
  std::string text = "{\"environment\":";
  state::AppendEnvironmentHead(columns, &text);
  text += ",\"snapshots\":[";
  RETURN_IF_ERROR(piece(text));
  RETURN_IF_ERROR(List(row, store::EnvironmentList::kSnapshots, lists, piece, reference));
  text = "]";
  RETURN_IF_ERROR(AppendStored(row.promoted_snapshot_ids, "promoted_snapshot_ids", &text));
  if (row.previous_finalized_bytes.has_value()) {
    text += ",\"previous_finalized_snapshots\":[";
    RETURN_IF_ERROR(piece(text));
    RETURN_IF_ERROR(List(row, store::EnvironmentList::kPreviousFinalized, lists, piece,
                         [](const store::TableInfo&) {}));
    text = "]";
  }
  RETURN_IF_ERROR(state::AppendEnvironmentTail(columns, &text));
  absl::Status statements = AppendStored(row.statements.value_or("[]"), "statements", &text);
  RETURN_IF_ERROR(WithFact(WithPrefix(Cat("Environment '", row.name, "': "), statements),
                           "environment", row.name));
  text += "}";
  return piece(text);
}

absl::Status StateScan::List(const store::EnvironmentRow& row, store::EnvironmentList list,
                             const ListReader& lists,
                             const std::function<absl::Status(std::string_view)>& piece,
                             const std::function<void(const store::TableInfo&)>& reference) {
  bool first = true;
  std::string text;
  absl::Status status = lists(list, [&](std::string_view array) -> absl::Status {
    text.clear();
    if (!first) text.push_back(',');
    size_t before = text.size();
    RETURN_IF_ERROR(reference ? table_infos_.Read(array, reference, &text)
                              : table_infos_.Compact(array, &text));
    if (text.size() == before) return absl::OkStatus();
    first = false;
    return piece(text);
  });
  return OfEnvironment(row, status);
}

absl::StatusOr<postgres::Transaction> BeginRead(postgres::Session& session, std::string_view schema,
                                                const std::vector<std::string>& tables,
                                                absl::Duration timeout) {
  ASSIGN_OR_RETURN(auto transaction, postgres::Transaction::Begin(
                                         session, postgres::Isolation::kRepeatableReadReadOnly));
  // Unlike SELECT, LOCK does not take the transaction's snapshot.
  std::string sql = Cat("SET LOCAL work_mem = '64MB'; SET LOCAL lock_timeout = ",
                        absl::ToInt64Milliseconds(timeout), "; LOCK TABLE ");
  for (size_t i = 0; i < tables.size(); ++i) {
    AppendTo(&sql, i == 0 ? "" : ", ", Qualified(schema, tables[i]));
  }
  RETURN_IF_ERROR(session.Execute(sql + " IN ACCESS SHARE MODE"));
  return transaction;
}

}  // namespace stateserver::transfer
