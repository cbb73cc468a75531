// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/revision_run_methods.h"

#include "common/error.h"
#include "common/text.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/starrocks/revision_convert.h"
#include "server/rpc/starrocks/revision_target.h"
#include "server/rpc/times.h"
#include "server/starrocks/revisions/run/abandon.h"
#include "server/starrocks/revisions/run/plan.h"
#include "server/starrocks/revisions/run/revision_run.h"

namespace stateserver::rpc {
namespace {

using revisions::RunKind;

// RunContext holds what log lines and metrics report about a run.
struct RunContext {
  RpcEnvironment& rpc;
  std::string gateway, database, operation_id, principal, trace_id;
};

std::string TargetOf(const v1::UpgradeBegin& begin) { return begin.target(); }
std::string TargetOf(const v1::DowngradeBegin& begin) { return begin.target(); }
std::string TargetOf(const v1::RepairBegin&) { return ""; }

revisions::Assume AssumptionOf(const v1::RepairBegin& begin) {
  switch (begin.assume()) {
    case v1::ASSUMPTION_DONE:
      return revisions::Assume::kDone;
    case v1::ASSUMPTION_NOT_DONE:
      return revisions::Assume::kNotDone;
    default:
      return revisions::Assume::kNothing;
  }
}
template <typename Begin>
revisions::Assume AssumptionOf(const Begin&) {
  return revisions::Assume::kNothing;
}

bool Abandons(const v1::RepairBegin& begin) { return begin.abandon(); }
template <typename Begin>
bool Abandons(const Begin&) {
  return false;
}

// Returns ARGUMENT_INVALID for a request that both abandons a run and decides how it goes on.
template <typename Begin>
absl::Status CheckAbandons(const Begin& begin) {
  if (!Abandons(begin)) return absl::OkStatus();
  bool compensates = begin.options().on_failure() == v1::ON_FAILURE_COMPENSATE;
  if (!compensates && AssumptionOf(begin) == revisions::Assume::kNothing) return absl::OkStatus();
  return Error(Reason::ARGUMENT_INVALID,
               Cat("`abandon` runs no statement, so `", compensates ? "on_failure" : "assume",
                   "` is not allowed with it."),
               "Leave out one of the two.", {{"field", "abandon"}});
}

void Fill(const v1::RunOptions& options, const ServiceLimits& limits, revisions::RunRequest* out) {
  out->operation_id = options.operation_id();
  out->dry_run = options.dry_run();
  out->plan_digest = options.plan_digest();
  out->compensate = options.on_failure() == v1::ON_FAILURE_COMPENSATE;
  out->lock_wait = LockWait(options, limits);
  out->lease = limits.schema_lock_lease;
  absl::Duration timeout = DurationFromProto(options.timeout());
  if (timeout > absl::ZeroDuration()) out->timeout = timeout;
  out->version_table = FromProto(options.version_table());
}

// Logs one line per statement: who did what to which object.
void Log(const revisions::StepEvent& event, const RunContext& run, bool done) {
  telemetry::Fields fields = {{"gateway", run.gateway},
                              {"database", run.database},
                              {"revision", event.revision},
                              {"statement", static_cast<int64_t>(event.seq)},
                              {"object", event.object},
                              {"class", event.step_class},
                              {"outcome", done ? "done" : "failed"},
                              {"duration_ms", absl::ToDoubleMilliseconds(event.elapsed)},
                              {"operation", run.operation_id},
                              {"principal", run.principal},
                              {"trace_id", run.trace_id}};
  if (event.compensates) fields.push_back({"compensates", true});
  if (event.job) fields.push_back({"job", event.job->id});
  run.rpc.logger.Log(done ? telemetry::LogLevel::kInfo : telemetry::LogLevel::kWarning,
                     "schema statement", fields);
}

void Count(const revisions::StepEvent& event, const RunContext& run) {
  bool done = event.state == revisions::StepState::kDone;
  if (event.earlier || (!done && event.state != revisions::StepState::kFailed)) return;
  Log(event, run, done);
  telemetry::Metrics& metrics = run.rpc.metrics;
  const std::string& gateway = run.gateway;
  metrics.SchemaStatement(gateway, event.step_class, done ? "done" : "failed");
  if (!event.job) return;
  metrics.SchemaJob(gateway, event.job->kind, event.job->state, event.elapsed);
}

template <typename Response, typename Stream>
void SendEvents(std::vector<v1::RunEvent> events, Stream* stream) {
  for (v1::RunEvent& event : events) {
    Response response;
    *response.mutable_event() = std::move(event);
    stream->Write(response);
  }
}

template <typename Response, typename Stream>
revisions::RunCallbacks CallbacksTo(Stream* stream, CallNotes& notes, const RunContext& run) {
  revisions::RunCallbacks callbacks;
  callbacks.on_plan = [stream, &notes,
                       database = run.database](const revisions::RevisionRunPlan& plan) {
    notes.EnterPhase("statements");
    SendEvents<Response>(ToProto(plan, database), stream);
  };
  callbacks.on_step = [stream, run](const revisions::StepEvent& event) {
    Count(event, run);
    Response response;
    *response.mutable_event()->mutable_statement() = ToProto(event);
    stream->Write(response);
  };
  return callbacks;
}

auth::Action ActionOf(RunKind kind, const v1::RunOptions& options) {
  if (kind == RunKind::kDowngrade) return auth::Action::kDowngrade;
  if (kind == RunKind::kRepair) return auth::Action::kRepair;
  return options.on_failure() == v1::ON_FAILURE_COMPENSATE ? auth::Action::kUpgradeDestructive
                                                           : auth::Action::kUpgrade;
}

// Abandons the unfinished run and notes its revision for the log.
template <typename Response, typename Stream>
absl::StatusOr<operations::Outcome<revisions::RunResult>> Abandon(
    const revisions::RunRequest& request, Stream* stream, const CallContext& call,
    CallNotes& notes) {
  return AbandonRun(request, call, [&](const revisions::AbandonPlan& plan) {
    notes.Add("abandoned", plan.run.revision);
    SendEvents<Response>(ToProto(plan, request.at.key.database), stream);
  });
}

template <RunKind kKind, typename Request, typename Response>
absl::Status RunAndReply(const ServiceContext& context,
                         grpc::ServerReaderWriter<Response, Request>* stream, CallContext& call,
                         CallNotes& notes) {
  Request message;
  ASSIGN_OR_RETURN(bool begun, Receive(stream, &message, notes));
  if (!begun || !message.has_begin()) {
    return StreamOutOfOrder("The first message is not its begin");
  }
  auto begin = message.begin();
  ASSIGN_OR_RETURN(
      RevisionScope scope,
      FindRevisionScope(context, begin.options().scope(),
                        {ActionOf(kKind, begin.options()),
                         begin.options().dry_run() ? "" : begin.options().operation_id()},
                        call, notes));
  RETURN_IF_ERROR(CheckAbandons(begin));
  revisions::RunRequest request;
  request.at = scope.target;
  request.kind = kKind;
  request.target = TargetOf(begin);
  ASSIGN_OR_RETURN(request.read_graph,
                   (ReceiveFiles<Request>(context, scope, stream, call, notes)));
  request.abandon = [&drain = context.rpc.drain] { return drain.forced(); };
  request.assume = AssumptionOf(begin);
  Fill(begin.options(), context.limits(), &request);
  // Only the plan shows that an upgrade is destructive; the run records the refusal.
  request.allow_destructive = [&](const std::string& why) {
    return WithPrefix(Cat("Nothing was changed: ", why, ". "),
                      CheckRole(*scope.schema.gateway, auth::Action::kUpgradeDestructive, call));
  };
  notes.EnterPhase("plan");
  auto callbacks =
      CallbacksTo<Response>(stream, notes,
                            RunContext{context.rpc, scope.target.key.gateway, scope.schema.database,
                                       request.operation_id, call.principal, call.trace_id});
  ASSIGN_OR_RETURN(auto outcome, Abandons(begin) ? Abandon<Response>(request, stream, call, notes)
                                                 : RunRevisions(request, call, callbacks));
  notes.Add("revisions", static_cast<int64_t>(outcome.result.revisions));
  notes.Add("statements", static_cast<int64_t>(outcome.result.statements));
  if (!request.dry_run) {
    context.rpc.metrics.OperationSucceeded(scope.target.key.gateway,
                                           revisions::OperationKind(kKind));
  }
  Response response;
  v1::RunResult* result = response.mutable_event()->mutable_result();
  if (!request.dry_run) *result->mutable_operation() = ToProto(outcome.operation);
  for (const std::string& head : outcome.result.heads) result->add_heads(head);
  result->set_revisions(outcome.result.revisions);
  result->set_statements(outcome.result.statements);
  stream->Write(response);
  return absl::OkStatus();
}

}  // namespace

absl::Status ServeUpgrade(const ServiceContext& context, UpgradeRunStream* stream,
                          CallContext& call, CallNotes& notes) {
  return RunAndReply<RunKind::kUpgrade>(context, stream, call, notes);
}

absl::Status ServeDowngrade(const ServiceContext& context, DowngradeRunStream* stream,
                            CallContext& call, CallNotes& notes) {
  return RunAndReply<RunKind::kDowngrade>(context, stream, call, notes);
}

absl::Status ServeRepair(const ServiceContext& context, RepairRunStream* stream, CallContext& call,
                         CallNotes& notes) {
  return RunAndReply<RunKind::kRepair>(context, stream, call, notes);
}

}  // namespace stateserver::rpc
