// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/snapshot_pass.h"

#include "common/error.h"
#include "common/text.h"
#include "server/platform/postgres/row_buffer.h"
#include "server/sqlmesh/migrations/steps/python_env.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"
#include "server/sqlmesh/records/document.h"
#include "server/sqlmesh/store/layout.h"

namespace stateserver::migrations {

namespace {

// Answers beyond this size are dropped.
constexpr size_t kKnownBytes = 16 << 20;

// The answer depends on these values; a warning of 87 names the model.
std::string KeyOf(int migration, const std::string& model, const std::string& payload) {
  return Cat(migration, '\0', migration == 87 ? model : "", '\0', payload);
}

bool IsOfKind(Draft& executable, std::string_view kind) {
  Draft* value = executable.Find("kind");
  return value != nullptr && value->IsString() && value->Text() == kind;
}

bool Concerns(int migration, Draft::Member& entry) {
  switch (migration) {
    case 85:
      return (entry.key == kVariables || entry.key == kBlueprintVariables) &&
             IsOfKind(entry.value, "value");
    case 87:
      return entry.key == kBlueprintVariables && entry.value.Truthy();
    default:
      return IsOfKind(entry.value, "definition");
  }
}

bool IsCertainlyUnchanged(int migration, std::string_view payload) {
  if (migration == 102) return false;
  PythonLiteral literal = InspectLiteral(payload);
  if (!literal.certain || !literal.dictionary) return false;
  return migration == 85 ? literal.sorted : literal.lower_case;
}

absl::Status PythonNeeded(int migration, const SnapshotRow& row, std::string_view name) {
  return Error(Reason::PYTHON_NEEDED,
               Cat("Snapshot ", row.name, " (", row.identifier, "): migration ", migration,
                   " has to rewrite ", EnvPath(name),
                   ", which needs Python, and no worker is "
                   "configured"),
               "Configure a Python worker for this server, and migrate again; nothing was changed.",
               {{"record", row.name}, {"identifier", row.identifier}, {"field", EnvPath(name)}});
}

// Rows fetched at a time, and the size from which a document is fetched separately; together at
// most 8 MiB.
constexpr int kBatchRows = 128;
constexpr int kLargeBytes = 64 << 10;

constexpr std::string_view kStage = "pg_temp.migrated_snapshots";
constexpr std::string_view kProgress = "Rewriting snapshots";
constexpr std::string_view kInspection = "Reading Python payloads";

std::optional<std::string> Owned(std::optional<std::string_view> text) {
  if (!text.has_value()) return std::nullopt;
  return std::string(*text);
}

// Returns STATE_CORRUPT for a row.
absl::Status CorruptSnapshot(std::string_view name, std::string_view identifier,
                             std::string_view path, std::string_view what) {
  return Error(Reason::STATE_CORRUPT,
               Cat("Snapshot ", name, " (", identifier, "): ", path, " ", what),
               "Correct the row in _snapshots, or restore it from a backup, and migrate again; "
               "nothing was changed.",
               {{"record", std::string(name)},
                {"identifier", std::string(identifier)},
                {"field", std::string(path)}});
}

// Returns STATE_CORRUPT for a payload that no configured Python can parse: it is broken, or code
// for a newer Python.
absl::Status Unreadable(const absl::Status& corrupt) {
  return Error(ReasonOf(corrupt), MessageOf(corrupt),
               "If it is code for a newer Python, name such an interpreter in rewrite_pythons; "
               "otherwise correct the row in _snapshots. Then migrate again; nothing was changed.",
               FactsOf(corrupt));
}

}  // namespace

PayloadSteps::PayloadSteps(workers::PayloadRewriter* python, std::string release)
    : python_(python), release_(std::move(release)), configured_(!release_.empty()) {}

absl::Status PayloadSteps::Inspect(std::deque<SnapshotRow>& rows) {
  std::vector<std::string> payloads;
  for (SnapshotRow& row : rows) {
    ASSIGN_OR_RETURN(Draft * env, row.Object(row.node(), "python_env", "node.python_env"));
    if (env == nullptr) continue;
    for (Draft::Member& entry : env->members()) {
      // Only definitions: a state without them may not need Python.
      if (!entry.value.IsObject() || !Concerns(102, entry)) continue;
      Draft* payload = entry.value.Find("payload");
      if (payload == nullptr || !payload->IsString()) continue;
      std::string text = payload->Text();
      if (!MayTellRelease(text)) continue;
      if (inspected_.insert(std::hash<std::string>()(text)).second) {
        payloads.push_back(std::move(text));
      }
    }
  }
  if (payloads.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto found, python_->Inspect(payloads));
  for (const workers::PayloadRewriter::Evidence& evidence : found) evidence_.Add(evidence);
  return absl::OkStatus();
}

std::string PayloadSteps::Release() const { return configured_ ? release_ : evidence_.Release(); }

PythonForms PayloadSteps::Forms() {
  forms_.source = configured_                   ? FormSource::kConfigured
                  : evidence_.Release().empty() ? FormSource::kWorker
                                                : FormSource::kState;
  return std::move(forms_);
}

absl::Status PayloadSteps::AddTask(int migration, SnapshotRow& row, Draft::Member& entry,
                                   std::vector<Task>* tasks) const {
  std::string path = EnvPath(entry.key);
  if (!entry.value.IsObject()) return row.Corrupt(path, "is not a JSON object");
  ASSIGN_OR_RETURN(std::string payload, row.Text(entry.value, "payload", path + ".payload"));
  if (IsCertainlyUnchanged(migration, payload)) return absl::OkStatus();
  if (python_ == nullptr) return PythonNeeded(migration, row, entry.key);
  Draft* model = row.node().Find("name");
  tasks->push_back({&row, entry.key, &entry.value, model == nullptr ? row.name : model->Text(),
                    std::move(payload)});
  return absl::OkStatus();
}

absl::Status PayloadSteps::Collect(int migration, SnapshotRow& row,
                                   std::vector<Task>* tasks) const {
  ASSIGN_OR_RETURN(Draft * env, row.Object(row.node(), "python_env", "node.python_env"));
  if (env == nullptr) return absl::OkStatus();
  for (Draft::Member& entry : env->members()) {
    if (migration == 102 && !entry.value.IsObject()) {
      return row.Corrupt(EnvPath(entry.key), "is not a JSON object");
    }
    if (Concerns(migration, entry)) RETURN_IF_ERROR(AddTask(migration, row, entry, tasks));
  }
  return absl::OkStatus();
}

absl::Status PayloadSteps::QueryWorker(int migration, const std::vector<Task>& tasks) {
  if (known_bytes_ > kKnownBytes) {
    known_.clear();
    known_bytes_ = 0;
  }
  std::vector<workers::PayloadRewriter::Item> items;
  std::vector<Answer*> places;
  const std::string release = Release();
  for (const Task& task : tasks) {
    auto [place, is_new] = known_.try_emplace(KeyOf(migration, task.model, task.payload));
    if (!is_new) continue;
    items.push_back({migration, task.payload, task.model, release});
    places.push_back(&place->second);
  }
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<Answer> answers, python_->Rewrite(items));
  if (answers.size() != items.size()) {
    return Error(Reason::INTERNAL,
                 "The Python worker returned a different number of answers than requested");
  }
  for (size_t i = 0; i < answers.size(); ++i) {
    known_bytes_ += items[i].payload.size() + answers[i].payload.size();
    *places[i] = std::move(answers[i]);
  }
  return absl::OkStatus();
}

absl::Status PayloadSteps::Use(int migration, const Task& task, StepReport* report, bool* changed) {
  const Answer& answer = known_.at(KeyOf(migration, task.model, task.payload));
  if (!answer.error.empty()) {
    if (migration == 85) return absl::OkStatus();
    absl::Status corrupt = task.row->Corrupt(EnvPath(task.name) + ".payload",
                                             Cat("cannot be read by Python: ", answer.error));
    return answer.unread ? Unreadable(corrupt) : corrupt;
  }
  forms_.Add(task.model, task.name, answer);
  report->warnings.insert(report->warnings.end(), answer.warnings.begin(), answer.warnings.end());
  if (!answer.changed) return absl::OkStatus();
  task.executable->SetText("payload", answer.payload);
  *changed = true;
  return absl::OkStatus();
}

absl::Status PayloadSteps::Apply(int migration, std::deque<SnapshotRow>& rows, StepReport* report) {
  std::vector<Task> tasks;
  for (SnapshotRow& row : rows) RETURN_IF_ERROR(Collect(migration, row, &tasks));
  if (tasks.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(QueryWorker(migration, tasks));
  const SnapshotRow* last = nullptr;
  for (const Task& task : tasks) {
    bool changed = false;
    RETURN_IF_ERROR(Use(migration, task, report, &changed));
    if (!changed || task.row == last) continue;
    last = task.row;
    ++report->rows_rewritten;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> HoldsDictionary(SnapshotRow& row) {
  ASSIGN_OR_RETURN(Draft * env, row.Object(row.node(), "python_env", "node.python_env"));
  if (env == nullptr) return false;
  for (Draft::Member& entry : env->members()) {
    if (entry.key == kVariables || entry.key == kBlueprintVariables) continue;
    if (!entry.value.IsObject() || !IsOfKind(entry.value, "value")) continue;
    Draft* payload = entry.value.Find("payload");
    if (payload == nullptr) continue;
    PythonLiteral literal = InspectLiteral(payload->Text());
    if (literal.dictionary && !literal.has_sql_value) return true;
  }
  return false;
}

SnapshotRow::SnapshotRow(std::string row_name, std::string row_identifier, std::string json)
    : name(std::move(row_name)),
      identifier(std::move(row_identifier)),
      json_(std::move(json)),
      document_(Trim(json_, kJsonSpace)) {}

absl::Status SnapshotRow::CheckShape() {
  if (!document_.IsObject()) return Corrupt("snapshot", "is not a JSON object");
  Draft* node = document_.Find("node");
  if (node == nullptr) return Corrupt("node", "is missing");
  if (!node->IsObject()) return Corrupt("node", "is not a JSON object");
  return absl::OkStatus();
}

absl::StatusOr<Draft*> SnapshotRow::Object(Draft& parent, std::string_view key,
                                           std::string_view path) {
  Draft* value = parent.FindTruthy(key);
  if (value != nullptr && !value->IsObject()) return Corrupt(path, "is not a JSON object");
  return value;
}

absl::StatusOr<Draft*> SnapshotRow::Array(Draft& parent, std::string_view key,
                                          std::string_view path) {
  Draft* value = parent.FindTruthy(key);
  if (value != nullptr && !value->IsArray()) return Corrupt(path, "is not a JSON array");
  return value;
}

absl::StatusOr<std::string> SnapshotRow::Text(Draft& parent, std::string_view key,
                                              std::string_view path) {
  Draft* value = parent.Find(key);
  if (value == nullptr) return Corrupt(path, "is missing");
  if (!value->IsString()) return Corrupt(path, "is not text");
  return value->Text();
}

std::string SnapshotRow::Json() const {
  std::string out;
  out.reserve(json_.size() + 128);
  document_.Write(IsSpaced(json_), &out);
  return out;
}

absl::Status SnapshotRow::Corrupt(std::string_view path, std::string_view what) const {
  return CorruptSnapshot(name, identifier, path, what);
}

SnapshotPass::SnapshotPass(postgres::Session& session, const SchemaRun& run, ReportOf report)
    : session_(session),
      run_(run),
      report_(std::move(report)),
      payloads_(run.python, run.rewrite_python) {}

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

absl::Status SnapshotPass::OpenCursor(std::string_view condition) {
  return session_.Execute(
      Cat("DECLARE migrated_rows NO SCROLL CURSOR FOR SELECT name, identifier, version, "
          "kind_name, CASE WHEN octet_length(snapshot) <= ",
          kLargeBytes, " THEN snapshot END, snapshot IS NULL FROM ",
          store::Qualified(run_.schema, "_snapshots"), condition));
}

absl::Status SnapshotPass::InspectPayloads() {
  RETURN_IF_ERROR(OpenCursor(" WHERE snapshot LIKE '%\"payload\"%'"));
  int64_t done = 0;
  while (true) {
    std::deque<SnapshotRow> rows;
    RETURN_IF_ERROR(ReadBatch(&rows));
    if (rows.empty()) break;
    RETURN_IF_ERROR(payloads_.Inspect(rows));
    done += static_cast<int64_t>(rows.size());
    if (run_.progress) run_.progress(kInspection, done, 0);
  }
  return session_.Execute("CLOSE migrated_rows");
}

absl::StatusOr<PythonForms> SnapshotPass::MigrateSnapshots() {
  RETURN_IF_ERROR(CreateStage());
  if (payloads_.wants_inspection() && Includes(102)) RETURN_IF_ERROR(InspectPayloads());
  std::string table = store::Qualified(run_.schema, "_snapshots");
  ASSIGN_OR_RETURN(postgres::Result count, session_.Query(Cat("SELECT count(*) FROM ", table)));
  int64_t total = count.Int(0, 0);
  RETURN_IF_ERROR(OpenCursor(""));
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
  RETURN_IF_ERROR(session_.Execute(Cat("DROP TABLE ", kStage)));
  return payloads_.Forms();
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
                             Cat("Snapshot ", name, " (", identifier, "): its JSON"), &root);
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
    // 86 searches for rows left by an 85 that had already run.
    if (!Includes(step.number) || (step.number == 86 && run_.from != 85)) continue;
    StepReport* report = report_(step.number);
    for (SnapshotRow& row : rows) {
      // SQLMesh warns only once.
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
  postgres::RowBuffer stage(session_, Cat(kStage,
                                          " (name, identifier, snapshot, version, forward_only, "
                                          "dev_version, fingerprint)"));
  for (SnapshotRow& row : rows) {
    bool changed = row.document().Changed();
    if (!changed && !Includes(94)) continue;
    postgres::CopyLine line;
    line.Text(row.name).Text(row.identifier);
    changed ? line.Text(row.Json()) : line.Null();
    line.Text(row.version).Bool(row.forward_only).Text(row.dev_version);
    row.fills_fingerprint ? line.Text(row.fingerprint) : line.Null();
    RETURN_IF_ERROR(stage.Add(line));
    ++staged_;
  }
  RETURN_IF_ERROR(stage.Flush());
  return Includes(71) ? StageDevVersions(rows) : absl::OkStatus();
}

absl::Status SnapshotPass::StageDevVersions(std::deque<SnapshotRow>& rows) {
  postgres::RowBuffer stage(session_,
                            Cat(kDevVersionsTable, " (name, identifier, dev_version, own)"));
  for (SnapshotRow& row : rows) {
    for (const SnapshotRow::DevVersion& known : row.dev_versions) {
      postgres::CopyLine line;
      line.Text(row.name).Text(known.identifier).Text(known.dev_version).Bool(known.own);
      RETURN_IF_ERROR(stage.Add(line));
    }
  }
  return stage.Flush();
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
  return Error(Reason::INTERNAL, Cat("Wrote ", written.affected_rows(), " snapshots of ", staged_));
}

}  // namespace stateserver::migrations
