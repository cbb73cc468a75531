// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/snapshot_pass.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {
namespace {

// Rows fetched at a time, and the size from which a document is fetched alone:
// together at most 8 MiB.
constexpr int kBatchRows = 128;
constexpr int kLargeBytes = 64 << 10;

constexpr std::string_view kStage = "pg_temp.migrated_snapshots";
constexpr std::string_view kProgress = "Rewriting snapshots";

void AppendOptional(const std::optional<std::string>& value, std::string* line) {
  line->push_back('\t');
  if (value.has_value()) {
    postgres::AppendCopyField(*value, line);
  } else {
    postgres::AppendCopyNull(line);
  }
}

std::optional<std::string> Owned(std::optional<std::string_view> text) {
  if (!text.has_value()) return std::nullopt;
  return std::string(*text);
}

}  // namespace

SnapshotPass::SnapshotPass(postgres::Session& session, const SchemaRun& run, ReportOf report)
    : session_(session), run_(run), report_(std::move(report)), payloads_(run.python) {}

absl::Status SnapshotPass::CreateStage() {
  std::string sql =
      Cat("CREATE TEMPORARY TABLE migrated_snapshots (name text, identifier text, "
          "snapshot text, version text, forward_only boolean, dev_version text, "
          "fingerprint text) ON COMMIT DROP;");
  if (Includes(71)) {
    sql +=
        "CREATE TEMPORARY TABLE migrated_dev_versions (name text, identifier text, "
        "dev_version text, own boolean) ON COMMIT DROP;";
  }
  return session_.Execute(sql);
}

absl::Status SnapshotPass::Run() {
  RETURN_IF_ERROR(CreateStage());
  std::string table = store::Qualified(run_.schema, "_snapshots");
  ASSIGN_OR_RETURN(postgres::Result count, session_.Query(Cat("SELECT count(*) FROM ", table)));
  int64_t total = count.Int(0, 0);
  RETURN_IF_ERROR(session_.Execute(
      Cat("DECLARE migrated_rows NO SCROLL CURSOR FOR SELECT name, identifier, version, "
          "kind_name, CASE WHEN octet_length(snapshot) <= ",
          kLargeBytes, " THEN snapshot END, snapshot IS NULL FROM ", table)));
  int64_t done = 0;
  while (true) {
    std::deque<SnapshotRow> rows;
    RETURN_IF_ERROR(ReadBatch(&rows));
    if (rows.empty()) break;
    RETURN_IF_ERROR(ApplySteps(rows));
    RETURN_IF_ERROR(Stage(rows));
    done += static_cast<int64_t>(rows.size());
    if (run_.progress) run_.progress(kProgress, done, total);
  }
  RETURN_IF_ERROR(session_.Execute("CLOSE migrated_rows"));
  RETURN_IF_ERROR(Write());
  return session_.Execute(Cat("DROP TABLE ", kStage));
}

absl::Status SnapshotPass::ReadBatch(std::deque<SnapshotRow>* rows) {
  ASSIGN_OR_RETURN(postgres::Result fetched,
                   session_.Query(Cat("FETCH FORWARD ", kBatchRows, " FROM migrated_rows")));
  for (size_t i = 0; i < fetched.rows(); ++i) {
    std::string name(fetched.Text(i, 0));
    std::string identifier(fetched.Text(i, 1));
    if (fetched.Bool(i, 5)) return CorruptSnapshot(name, identifier, "snapshot", "is NULL");
    std::string json(fetched.Text(i, 4));
    if (fetched.IsNull(i, 4)) {
      ASSIGN_OR_RETURN(json, ReadLarge(name, identifier));
    }
    simdjson::dom::element root;
    absl::Status parsed =
        state::ParseDocument(&parser_, json, Reason::STATE_CORRUPT,
                             Cat("snapshot ", name, " (", identifier, "): its JSON"), &root);
    if (!parsed.ok()) {
      return WithFact(WithFact(parsed, "record", name), "identifier", identifier);
    }
    SnapshotRow& row = rows->emplace_back(std::move(name), std::move(identifier), std::move(json));
    row.version = Owned(fetched.OptionalText(i, 2));
    row.kind_name = Owned(fetched.OptionalText(i, 3));
    RETURN_IF_ERROR(row.CheckShape());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SnapshotPass::ReadLarge(const std::string& name,
                                                    const std::string& identifier) {
  ASSIGN_OR_RETURN(
      postgres::Result large,
      session_.Query(Cat("SELECT snapshot FROM ", store::Qualified(run_.schema, "_snapshots"),
                         " WHERE name = $1 AND identifier = $2"),
                     {name, identifier}));
  if (large.rows() != 1) return CorruptSnapshot(name, identifier, "snapshot", "is gone");
  return std::string(large.Text(0, 0));
}

absl::Status SnapshotPass::ApplySteps(std::deque<SnapshotRow>& rows) {
  auto payloads = [&](int number) -> absl::Status {
    if (!Includes(number)) return absl::OkStatus();
    return payloads_.Apply(number, rows, report_(number));
  };
  for (const RowStep& step : RowSteps()) {
    if (step.number == 86) RETURN_IF_ERROR(payloads(85));
    if (step.number == 88) RETURN_IF_ERROR(payloads(87));
    // The rows 86 looks for were left by an 85 that had already run.
    if (!Includes(step.number) || (step.number == 86 && run_.from != 85)) continue;
    StepReport* report = report_(step.number);
    for (SnapshotRow& row : rows) {
      // SQLMesh warns once.
      if (!step.warning.empty() && !report->warnings.empty()) break;
      ASSIGN_OR_RETURN(bool applies, step.apply(row));
      if (!applies) continue;
      if (step.warning.empty()) {
        ++report->rows_rewritten;
      } else {
        report->warnings.emplace_back(step.warning);
      }
    }
  }
  return payloads(102);
}

absl::Status SnapshotPass::Stage(std::deque<SnapshotRow>& rows) {
  ASSIGN_OR_RETURN(auto copy, session_.StartCopyIn(Cat(kStage,
                                                       " (name, identifier, snapshot, version, "
                                                       "forward_only, dev_version, fingerprint)")));
  std::string line;
  for (SnapshotRow& row : rows) {
    bool changed = row.document().Changed();
    if (!changed && !Includes(94)) continue;
    line.clear();
    postgres::AppendCopyField(row.name, &line);
    AppendOptional(row.identifier, &line);
    AppendOptional(changed ? std::optional(row.Json()) : std::nullopt, &line);
    AppendOptional(row.version, &line);
    AppendOptional(row.forward_only.has_value()
                       ? std::optional<std::string>(*row.forward_only ? "t" : "f")
                       : std::nullopt,
                   &line);
    AppendOptional(row.dev_version, &line);
    AppendOptional(row.fills_fingerprint ? std::optional(row.fingerprint) : std::nullopt, &line);
    RETURN_IF_ERROR(copy->Line(line));
    ++staged_;
  }
  RETURN_IF_ERROR(copy->Finish());
  return Includes(71) ? StageDevVersions(rows) : absl::OkStatus();
}

absl::Status SnapshotPass::StageDevVersions(std::deque<SnapshotRow>& rows) {
  ASSIGN_OR_RETURN(auto copy, session_.StartCopyIn(
                                  Cat(kDevVersionsTable, " (name, identifier, dev_version, own)")));
  std::string line;
  for (SnapshotRow& row : rows) {
    for (const SnapshotRow::DevVersion& known : row.dev_versions) {
      line.clear();
      postgres::AppendCopyField(row.name, &line);
      AppendOptional(known.identifier, &line);
      AppendOptional(known.dev_version, &line);
      AppendOptional(known.own ? "t" : "f", &line);
      RETURN_IF_ERROR(copy->Line(line));
    }
  }
  return copy->Finish();
}

absl::Status SnapshotPass::Write() {
  if (staged_ == 0) return absl::OkStatus();
  RETURN_IF_ERROR(session_.Execute(Cat("ANALYZE ", kStage)));
  std::string columns = "snapshot = COALESCE(t.snapshot, s.snapshot)";
  if (Includes(71)) columns += ", version = t.version";
  if (Includes(90)) columns += ", forward_only = t.forward_only";
  if (Includes(94)) columns += ", dev_version = t.dev_version, fingerprint = t.fingerprint";
  ASSIGN_OR_RETURN(postgres::Result written,
                   session_.Query(Cat("UPDATE ", store::Qualified(run_.schema, "_snapshots"),
                                      " s SET ", columns, " FROM ", kStage,
                                      " t WHERE s.name = t.name AND s.identifier = t.identifier")));
  if (written.affected_rows() == staged_) return absl::OkStatus();
  return Error(Reason::INTERNAL, Cat("wrote ", written.affected_rows(), " snapshots of ", staged_));
}

}  // namespace stateserver::migrations
