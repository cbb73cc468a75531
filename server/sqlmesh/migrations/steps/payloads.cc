// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/payloads.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/python_env.h"
#include "server/sqlmesh/migrations/steps/row_steps.h"

namespace stateserver::migrations {
namespace {

// Answers are forgotten beyond this.
constexpr size_t kKnownBytes = 16 << 20;

// What an answer depends on: a warning of 87 names the model.
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
  PythonLiteral literal = LookAtLiteral(payload);
  if (!literal.certain || !literal.dictionary) return false;
  return migration == 85 ? literal.sorted : literal.lower_case;
}

absl::Status PythonNeeded(int migration, const SnapshotRow& row, std::string_view name) {
  return Error(Reason::PYTHON_NEEDED,
               Cat("snapshot ", row.name, " (", row.identifier, "): migration ", migration,
                   " has to rewrite ", EnvPath(name),
                   ", which needs Python, and no worker is "
                   "configured"),
               "Configure a Python worker for this server, and migrate again; nothing was changed.",
               {{"record", row.name}, {"identifier", row.identifier}, {"field", EnvPath(name)}});
}

}  // namespace

absl::Status PayloadSteps::AddTask(int migration, SnapshotRow& row, Draft::Member& entry,
                                   std::vector<Task>* tasks) const {
  std::string path = EnvPath(entry.key);
  if (!entry.value.IsObject()) return row.Corrupt(path, "is no JSON object");
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
      return row.Corrupt(EnvPath(entry.key), "is no JSON object");
    }
    if (Concerns(migration, entry)) RETURN_IF_ERROR(AddTask(migration, row, entry, tasks));
  }
  return absl::OkStatus();
}

absl::Status PayloadSteps::Ask(int migration, const std::vector<Task>& tasks) {
  if (known_bytes_ > kKnownBytes) {
    known_.clear();
    known_bytes_ = 0;
  }
  std::vector<workers::PayloadRewriter::Item> items;
  std::vector<Answer*> places;
  for (const Task& task : tasks) {
    auto [place, is_new] = known_.try_emplace(KeyOf(migration, task.model, task.payload));
    if (!is_new) continue;
    items.push_back({migration, task.payload, task.model});
    places.push_back(&place->second);
  }
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<Answer> answers, python_->Rewrite(items));
  if (answers.size() != items.size()) {
    return Error(Reason::INTERNAL, "the Python worker gave another number of answers than asked");
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
    return task.row->Corrupt(EnvPath(task.name) + ".payload",
                             Cat("cannot be read by Python: ", answer.error));
  }
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
  RETURN_IF_ERROR(Ask(migration, tasks));
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
    PythonLiteral literal = LookAtLiteral(payload->Text());
    if (literal.dictionary && !literal.has_sql_value) return true;
  }
  return false;
}

}  // namespace stateserver::migrations
