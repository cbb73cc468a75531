// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/revision_convert.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "revisions/statement.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/rpc/times.h"

namespace stateserver::rpc {
namespace {

v1::EngineJobKind JobKindOf(const std::string& name) {
  v1::EngineJobKind kind = v1::ENGINE_JOB_KIND_UNSPECIFIED;
  v1::EngineJobKind_Parse("ENGINE_JOB_KIND_" + name, &kind);
  return kind;
}

// A revision file may name a class that no version of this server writes.
v1::SchemaStepClass StepClassOf(const std::string& word) {
  v1::SchemaStepClass step_class = v1::SCHEMA_STEP_CLASS_UNSPECIFIED;
  v1::SchemaStepClass_Parse("SCHEMA_STEP_CLASS_" + Upper(word), &step_class);
  return step_class;
}

v1::RunStatus RunStatusOf(const std::string& word) {
  v1::RunStatus status = v1::RUN_STATUS_UNSPECIFIED;
  v1::RunStatus_Parse("RUN_STATUS_" + Upper(word), &status);
  return status;
}

v1::EngineJob JobToProto(const starrocks::Job& job) {
  v1::EngineJob out;
  out.set_kind(JobKindOf(job.kind));
  out.set_id(job.id);
  v1::EngineJobState state = v1::ENGINE_JOB_STATE_UNSPECIFIED;
  v1::EngineJobState_Parse("ENGINE_JOB_STATE_" + job.state, &state);
  out.set_state(state);
  out.set_progress(job.progress);
  out.set_message(job.message);
  return out;
}

v1::StatementState StateOf(const revisions::JournalEntry& entry) {
  switch (entry.status) {
    case revisions::EntryStatus::kIntended:
      return v1::STATEMENT_STATE_UNKNOWN;
    case revisions::EntryStatus::kSent:
      return v1::STATEMENT_STATE_JOB;
    case revisions::EntryStatus::kDone:
      return v1::STATEMENT_STATE_DONE;
    case revisions::EntryStatus::kFailed:
      return v1::STATEMENT_STATE_FAILED;
  }
  return v1::STATEMENT_STATE_UNSPECIFIED;
}

v1::PlannedStatement Planned(const revisions::PlannedRun& run, int seq) {
  const revisions::SqlStep& step = run.steps()[static_cast<size_t>(seq) - 1];
  revisions::StatementFacts facts = revisions::Describe(step.statement);
  v1::PlannedStatement out;
  out.set_seq(seq);
  out.set_object(step.notes.object.empty() ? facts.object : step.notes.object);
  out.set_class_(StepClassOf(revisions::ClassOf(step)));
  out.set_statement(step.statement);
  out.set_job(step.notes.job.value_or(revisions::MayStartJob(step)));
  out.set_destructive(step.notes.destructive);
  out.set_state(v1::STATEMENT_STATE_PENDING);
  for (const revisions::JournalEntry& entry : run.entries) {
    if (!entry.compensates && entry.seq == seq) out.set_state(StateOf(entry));
  }
  auto finding = run.findings.find(seq);
  if (finding != run.findings.end()) out.set_finding(finding->second);
  return out;
}

// `step` is the statement as the file has it, or null if only the journal has it.
v1::PlannedStatement PlannedOf(int seq, const revisions::SqlStep* step,
                               const std::string& statement) {
  const revisions::SqlStep journaled{{}, statement, 0};
  const revisions::SqlStep& one = step == nullptr ? journaled : *step;
  v1::PlannedStatement out;
  out.set_seq(seq);
  out.set_object(one.notes.object.empty() ? revisions::Describe(one.statement).object
                                          : one.notes.object);
  out.set_class_(StepClassOf(revisions::ClassOf(one)));
  out.set_statement(statement);
  out.set_job(one.notes.job.value_or(revisions::MayStartJob(one)));
  out.set_destructive(one.notes.destructive);
  out.set_state(v1::STATEMENT_STATE_PENDING);
  return out;
}

v1::StatementState StateOf(revisions::Ending ending) {
  switch (ending) {
    case revisions::Ending::kDone:
      return v1::STATEMENT_STATE_DONE;
    case revisions::Ending::kFailed:
      return v1::STATEMENT_STATE_FAILED;
    case revisions::Ending::kNotRun:
      return v1::STATEMENT_STATE_PENDING;
    case revisions::Ending::kUnknown:
      return v1::STATEMENT_STATE_UNKNOWN;
  }
  return v1::STATEMENT_STATE_UNSPECIFIED;
}

// Returns the run's own statements by number, and then those that undo them.
std::vector<v1::PlannedStatement> StatementsOf(const revisions::AbandonPlan& plan) {
  std::vector<v1::PlannedStatement> out;
  const revisions::Revision* file = plan.revision;
  bool down = plan.run.direction == revisions::Direction::kDowngrade;
  for (const revisions::EndedEntry& one : plan.entries) {
    const revisions::JournalEntry& entry = one.entry;
    const revisions::SqlStep* step = nullptr;
    if (file != nullptr && !entry.compensates) {
      const auto& steps = down ? file->downgrade : file->upgrade;
      auto at = static_cast<size_t>(entry.seq) - 1;
      if (at < steps.size()) step = &steps[at];
    }
    v1::PlannedStatement& made = out.emplace_back(PlannedOf(entry.seq, step, entry.statement));
    made.set_state(StateOf(one.ending));
    made.set_finding(one.why);
    made.set_compensates(entry.compensates);
  }
  for (const revisions::NumberedStep& one : plan.not_begun) {
    out.push_back(PlannedOf(one.seq, one.step, one.step->statement));
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::make_pair(a.compensates(), a.seq()) < std::make_pair(b.compensates(), b.seq());
  });
  return out;
}

v1::RemainingObject RemainingToProto(const revisions::RemainingObject& object) {
  v1::RemainingObject out;
  out.set_object(object.name);
  out.set_state(static_cast<v1::RemainingState>(static_cast<int>(object.state) + 1));
  out.set_revision(object.revision);
  for (int seq : object.statements) out.add_statements(seq);
  return out;
}

v1::PlannedRevision Header(const revisions::PlannedRun& run) {
  v1::PlannedRevision out;
  out.set_revision(run.revision->id);
  out.set_message(run.revision->message);
  out.set_file(run.revision->file);
  out.set_direction(ToProto(run.direction));
  out.set_resumed(run.open.has_value());
  out.set_compensates(run.compensate);
  return out;
}

}  // namespace

v1::RevisionDirection ToProto(revisions::Direction direction) {
  return static_cast<v1::RevisionDirection>(static_cast<int>(direction) + 1);
}

v1::StatementProgress ToProto(const revisions::StepEvent& event) {
  constexpr v1::StatementState kStates[] = {v1::STATEMENT_STATE_RUNNING, v1::STATEMENT_STATE_JOB,
                                            v1::STATEMENT_STATE_DONE, v1::STATEMENT_STATE_FAILED};
  v1::StatementProgress out;
  out.set_revision(event.revision);
  out.set_seq(event.seq);
  out.set_total(event.total);
  out.set_state(kStates[static_cast<size_t>(event.state)]);
  out.set_object(event.object);
  out.set_class_(StepClassOf(event.step_class));
  out.set_statement(event.statement);
  if (event.job) *out.mutable_job() = JobToProto(*event.job);
  *out.mutable_elapsed() = DurationToProto(event.elapsed);
  out.set_compensates(event.compensates);
  return out;
}

v1::JournalEntry ToProto(const revisions::JournalEntry& entry) {
  v1::JournalEntry out;
  out.set_seq(entry.seq);
  out.set_state(StateOf(entry));
  out.set_object(entry.object);
  out.set_statement(entry.statement);
  *out.mutable_started_time() = TimeToProto(entry.started_ts);
  if (entry.finished_ts != 0) *out.mutable_finished_time() = TimeToProto(entry.finished_ts);
  if (entry.job_id != 0) {
    out.mutable_job()->set_id(entry.job_id);
    out.mutable_job()->set_kind(JobKindOf(entry.job_kind));
  }
  out.set_error(entry.error);
  out.set_compensates(entry.compensates);
  return out;
}

v1::RevisionRun ToProto(const revisions::Run& run) {
  v1::RevisionRun out;
  out.set_id(run.id);
  out.set_revision(run.revision);
  out.set_message(run.message);
  out.set_direction(ToProto(run.direction));
  bool abandoned = run.status == "failed" && run.finished_ts != 0;
  out.set_status(abandoned ? v1::RUN_STATUS_ABANDONED : RunStatusOf(run.status));
  out.set_operation_id(run.operation_id);
  out.set_principal(run.principal);
  out.set_peer(run.peer);
  *out.mutable_started_time() = TimeToProto(run.started_ts);
  if (run.finished_ts != 0) *out.mutable_finished_time() = TimeToProto(run.finished_ts);
  out.set_statements(run.statements);
  out.set_error(run.error);
  return out;
}

v1::WarehouseLock ToProto(const revisions::LockState& lock) {
  v1::WarehouseLock out;
  out.set_holder(lock.holder);
  out.set_operation_id(lock.operation_id);
  out.set_principal(lock.principal);
  *out.mutable_since_time() = TimeToProto(lock.since_ts);
  *out.mutable_expires_time() = TimeToProto(lock.expires_ts);
  return out;
}

std::vector<v1::RunEvent> ToProto(const revisions::RevisionRunPlan& plan,
                                  const std::string& database) {
  std::vector<v1::RunEvent> out(1);
  v1::RunPlan whole;
  whole.set_digest(plan.digest);
  for (const std::string& head : plan.heads_before) whole.add_heads_before(head);
  for (const std::string& head : plan.heads_after) whole.add_heads_after(head);
  for (const std::string& warning : plan.warnings) whole.add_warnings(warning);
  *whole.mutable_engine() = ToProto(plan.engine, database);
  int statements = 0;
  for (const revisions::PlannedRun& run : plan.runs) {
    *out.emplace_back().mutable_revision() = Header(run);
    for (int seq = 1; seq <= static_cast<int>(run.steps().size()); ++seq, ++statements) {
      *out.emplace_back().mutable_planned() = Planned(run, seq);
    }
  }
  whole.set_revisions(static_cast<int>(plan.runs.size()));
  whole.set_statements(statements);
  *out.front().mutable_plan() = std::move(whole);
  return out;
}

std::vector<v1::RunEvent> ToProto(const revisions::AbandonPlan& plan, const std::string& database) {
  std::vector<v1::RunEvent> out(2);
  v1::PlannedRevision& revision = *out.back().mutable_revision();
  revision.set_revision(plan.run.revision);
  revision.set_message(plan.run.message);
  if (plan.revision != nullptr) revision.set_file(plan.revision->file);
  revision.set_direction(ToProto(plan.run.direction));
  revision.set_resumed(true);
  revision.set_abandons(true);
  std::vector<v1::PlannedStatement> statements = StatementsOf(plan);
  for (v1::PlannedStatement& one : statements) {
    *out.emplace_back().mutable_planned() = std::move(one);
  }
  for (const revisions::RemainingObject& one : plan.remaining) {
    *out.emplace_back().mutable_remaining() = RemainingToProto(one);
  }
  v1::RunPlan& whole = *out.front().mutable_plan();
  whole.set_digest(plan.digest);
  for (const std::string& head : plan.heads) {
    whole.add_heads_before(head);
    whole.add_heads_after(head);
  }
  for (const std::string& warning : plan.warnings) whole.add_warnings(warning);
  *whole.mutable_engine() = ToProto(plan.engine, database);
  whole.set_revisions(1);
  whole.set_statements(static_cast<int>(statements.size()));
  whole.set_remaining(static_cast<int>(plan.remaining.size()));
  return out;
}

}  // namespace stateserver::rpc
