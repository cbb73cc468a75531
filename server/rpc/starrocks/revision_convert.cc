// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/revision_convert.h"

#include "revisions/statement.h"
#include "server/rpc/list_page.h"
#include "server/rpc/starrocks/schema_convert.h"

namespace stateserver::rpc {
namespace {

v1::EngineJob JobToProto(const starrocks::Job& job) {
  v1::EngineJob out;
  out.set_kind(job.kind);
  out.set_id(job.id);
  out.set_state(job.state);
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
  out.set_class_(revisions::ClassOf(step));
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
  out.set_class_(event.step_class);
  out.set_statement(event.statement);
  if (event.job) *out.mutable_job() = JobToProto(*event.job);
  out.set_elapsed_ms(absl::ToInt64Milliseconds(event.elapsed));
  out.set_compensates(event.compensates);
  return out;
}

v1::JournalEntry ToProto(const revisions::JournalEntry& entry) {
  v1::JournalEntry out;
  out.set_seq(entry.seq);
  out.set_state(StateOf(entry));
  out.set_object(entry.object);
  out.set_statement(entry.statement);
  out.set_started_ts(entry.started_ts);
  out.set_finished_ts(entry.finished_ts);
  if (entry.job_id != 0) {
    out.mutable_job()->set_id(entry.job_id);
    out.mutable_job()->set_kind(entry.job_kind);
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
  out.set_status(run.status);
  out.set_operation_id(run.operation_id);
  out.set_principal(run.principal);
  out.set_peer(run.peer);
  out.set_started_ts(run.started_ts);
  out.set_finished_ts(run.finished_ts);
  out.set_statements(run.statements);
  out.set_error(run.error);
  return out;
}

v1::OpenRun OpenRunToProto(const revisions::Run& run) {
  v1::OpenRun out;
  out.set_revision(run.revision);
  out.set_direction(ToProto(run.direction));
  out.set_operation_id(run.operation_id);
  out.set_principal(run.principal);
  out.set_started_ts(run.started_ts);
  out.set_error(run.error);
  return out;
}

v1::WarehouseLock ToProto(const revisions::LockState& lock) {
  v1::WarehouseLock out;
  out.set_holder(lock.holder);
  out.set_operation_id(lock.operation_id);
  out.set_principal(lock.principal);
  out.set_since_ts(lock.since_ts);
  out.set_expires_ts(lock.expires_ts);
  return out;
}

std::vector<v1::RunPlan> ToProto(const revisions::RevisionRunPlan& plan,
                                 const std::string& database) {
  std::vector<v1::RunPlan> out(1);
  out[0].set_digest(plan.digest);
  for (const std::string& head : plan.heads_before) out[0].add_heads_before(head);
  for (const std::string& head : plan.heads_after) out[0].add_heads_after(head);
  for (const std::string& warning : plan.warnings) out[0].add_warnings(warning);
  *out[0].mutable_engine() = ToProto(plan.engine, database);
  size_t bytes = 0;
  for (const revisions::PlannedRun& run : plan.runs) {
    v1::PlannedRevision* revision = out.back().add_revisions();
    *revision = Header(run);
    for (int seq = 1; seq <= static_cast<int>(run.steps().size()); ++seq) {
      v1::PlannedStatement statement = Planned(run, seq);
      bytes += statement.ByteSizeLong();
      if (bytes > kMessageBytes) {
        revision = out.emplace_back().add_revisions();
        *revision = Header(run);
        bytes = statement.ByteSizeLong();
      }
      *revision->add_statements() = std::move(statement);
    }
  }
  return out;
}

}  // namespace stateserver::rpc
