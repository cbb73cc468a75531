// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/call.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/error.h"
#include "common/network_address.h"
#include "common/time.h"
#include "server/rpc/caller.h"
#include "server/rpc/status.h"

namespace stateserver::rpc {
namespace {

// Cancellation determines whether the call must end early. It outlives the call, because the
// watcher of its database work may check it once more.
class Cancellation {
 public:
  Cancellation(grpc::ServerContext* context, Drain* drain, std::shared_ptr<CancelFlag> flag)
      : context_(context), drain_(drain), flag_(std::move(flag)) {}

  bool cancelled() {
    std::lock_guard lock(mutex_);
    if (context_ != nullptr && (context_->IsCancelled() || drain_->forced())) cancelled_ = true;
    return cancelled_ || !flag_->by().empty();
  }

  std::string by() const { return flag_->by(); }

  void Close() {
    std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  grpc::ServerContext* context_;
  Drain* drain_;
  const std::shared_ptr<CancelFlag> flag_;
  bool cancelled_ = false;
};

CallContext MakeContext(const grpc::ServerContext& context, const Caller& caller,
                        std::shared_ptr<Cancellation> cancellation, absl::Duration max_call_time) {
  CallContext call;
  call.peer = caller.peer;
  call.trace_id = TraceId(context);
  auto deadline = context.deadline();
  call.deadline = SteadyNow() + max_call_time;
  if (deadline != std::chrono::system_clock::time_point::max()) {
    absl::Duration left = absl::FromChrono(deadline - std::chrono::system_clock::now());
    call.deadline = std::min(call.deadline, SteadyNow() + left);
  }
  call.cancelled_by = [cancellation] { return cancellation->by(); };
  call.cancelled = [cancellation = std::move(cancellation)] { return cancellation->cancelled(); };
  return call;
}

// Authenticates the caller. Callers without any role are rejected here.
absl::Status Identify(const grpc::ServerContext& context, const Caller& caller,
                      const RpcEnvironment& environment, CallContext* call) {
  auth::Credentials credentials = CredentialsOf(context, caller);
  credentials.trace_id = call->trace_id;
  call->refusals = &environment.refusals;
  ASSIGN_OR_RETURN(call->identity,
                   environment.authenticator()->Authenticate(credentials, absl::Now()));
  call->principal = call->identity->name;
  call->method = auth::MethodName(call->identity->method);
  if (call->identity->RoleAnywhere() != config::Role::kNone) {
    if (caller.connection != nullptr) {
      environment.connections.SetKnown(caller.connection, call->principal);
    }
    return absl::OkStatus();
  }
  return Error(Reason::ROLE_MISSING, "'" + call->principal + "' has no role on any gateway",
               "Ask an administrator for a role; see docs/security.md.",
               {{"principal", call->principal}});
}

// Each call uses a thread, so an address and a principal get only a part of the threads. Callers on
// unix sockets are distinguished only by principal.
absl::StatusOr<Slots::Slot> AcquireSlot(const Caller& caller, const RpcEnvironment& environment,
                                        const CallContext& call) {
  std::string address = caller.unix_socket ? "" : AddressGroup(caller.peer);
  return environment.calls.Acquire(environment.call_limits(), address, call.principal);
}

absl::Status Guarded(const CallBody& body, CallContext& call, CallNotes& notes) {
  try {
    return body(call, notes);
  } catch (const std::exception& e) {
    return Error(Reason::INTERNAL, std::string("The server failed: ") + e.what() + ".",
                 "This is a defect of stateserver; please report it with the server's log.");
  } catch (...) {
    return Error(Reason::INTERNAL, "The server failed for an unknown reason.",
                 "This is a defect of stateserver; please report it with the server's log.");
  }
}

absl::Status ShuttingDown(std::string_view message, Facts facts = {}) {
  return Error(Reason::SHUTTING_DOWN, message, "Try again once the server is back.",
               std::move(facts));
}

// A call that stalled or was ended by a forced drain was not cancelled by its caller.
absl::Status ExplainCancellation(absl::Status status, const grpc::ServerContext& context,
                                 const Drain& drain, const StreamActivity& activity) {
  if (!status.ok() && activity.stalled()) {
    return Error(Reason::STREAM_STALLED,
                 "The other side of the stream neither sent nor received anything for longer than "
                 "limits.stream_idle_timeout; nothing was changed",
                 "Run the command again.", FactsOf(status));
  }
  if (status.ok() || ReasonOf(status) != Reason::CANCELLED) return status;
  if (!drain.forced() || context.IsCancelled()) return status;
  return ShuttingDown("The server is shutting down and ended the call; nothing was changed.",
                      FactsOf(status));
}

absl::Status ReadTimedOut(const absl::Status& status, absl::Duration limit) {
  return Error(
      Reason::DEADLINE_EXCEEDED,
      "The read took longer than limits.read_timeout, " + SizeText(limit) + ".",
      "Request less, find out what delays PostgreSQL, or raise limits.read_timeout of the server.",
      FactsOf(status));
}

telemetry::LogLevel LevelOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return telemetry::LogLevel::kError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
      return telemetry::LogLevel::kWarning;
    default:
      return telemetry::LogLevel::kInfo;
  }
}

telemetry::Fields FieldsOf(std::string_view method, const absl::Status& status,
                           const CallContext& call, const CallNotes& notes,
                           absl::Duration duration) {
  telemetry::Fields fields = {{"method", method},
                              {"code", CodeText(status.code())},
                              {"duration_ms", absl::ToDoubleMilliseconds(duration)},
                              {"peer", call.peer},
                              {"principal", call.principal},
                              {"trace_id", call.trace_id}};
  if (!notes.gateway().empty()) fields.push_back({"gateway", notes.gateway()});
  if (!notes.operation().empty()) fields.push_back({"operation", notes.operation()});
  fields.insert(fields.end(), notes.fields().begin(), notes.fields().end());
  if (!status.ok()) {
    fields.push_back({"reason", ReasonText(status)});
    fields.push_back({"error", MessageOf(status)});
  }
  return fields;
}

// Writes one line for each call, and another for a slow one.
void LogCall(const RpcEnvironment& environment, const absl::Status& status, const CallContext& call,
             telemetry::Fields fields, CallNotes& notes, absl::Duration duration) {
  if (call.identity == nullptr) {
    // Calls that are rejected before authentication must not fill the log.
    environment.refused_log.Log(AddressGroup(call.peer), LevelOf(status.code()), "rpc", fields);
    return;
  }
  environment.logger.Log(LevelOf(status.code()), "rpc", fields);
  absl::Duration slow = environment.slow_call();
  if (slow <= absl::ZeroDuration() || duration < slow) return;
  if (std::string phases = notes.phases().Text(); !phases.empty()) {
    fields.push_back({"phases", phases});
  }
  environment.logger.Log(telemetry::LogLevel::kWarning, "slow call", fields);
}

}  // namespace

absl::Status UnreadableMessage() {
  return Error(Reason::ARGUMENT_INVALID,
               "A message of the stream is not one of this method, or a text in it is not UTF-8.",
               "Build requests from the .proto files of this release.");
}

grpc::Status RunCall(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const CallBody& body) {
  auto start = std::chrono::steady_clock::now();
  environment.metrics.RpcStarted(method);
  CallNotes notes;
  auto cancellation =
      std::make_shared<Cancellation>(context, &environment.drain, notes.running().cancel_flag());
  const Caller caller = CallerOf(*context, environment.connections);
  CallContext call = MakeContext(*context, caller, cancellation, environment.max_call_time());
  bool admitted = environment.drain.Enter();
  absl::Status status =
      admitted ? Identify(*context, caller, environment, &call)
               : ShuttingDown("The server is shutting down and does not accept new calls.");
  Slots::Slot slot;
  if (status.ok()) {
    auto taken = AcquireSlot(caller, environment, call);
    status = taken.status();
    if (taken.ok()) slot = *std::move(taken);
  }
  if (status.ok()) {
    notes.running().Begin(method, call.principal, call.peer);
    call.backends = notes.running().backends();
    RunningCalls::Guard listed(environment.running, notes.running());
    StallWatch::Guard guard(environment.stalls, notes.activity(),
                            [context] { context->TryCancel(); });
    status = ExplainCancellation(Guarded(body, call, notes), *context, environment.drain,
                                 notes.activity());
  }
  cancellation->Close();
  if (!notes.operation().empty()) status = WithFact(status, "operation", notes.operation());
  absl::Duration duration = absl::FromChrono(std::chrono::steady_clock::now() - start);
  environment.metrics.RpcHandled(method, CodeText(status.code()), duration);
  if (std::string_view why = WhyRefused(status); !why.empty()) {
    environment.metrics.RequestRefused(method, why);
  }
  LogCall(environment, status, call, FieldsOf(method, status, call, notes, duration), notes,
          duration);
  grpc::Status out = ToGrpcStatus(status, call.trace_id);
  if (admitted) environment.drain.Leave();
  return out;
}

grpc::Status RunCall(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const google::protobuf::Message& request,
                     const CallBody& body) {
  return RunCall(context, method, environment,
                 [&](CallContext& call, CallNotes& notes) -> absl::Status {
                   RETURN_IF_ERROR(CheckRequest(request));
                   return body(call, notes);
                 });
}

grpc::Status RunRead(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const google::protobuf::Message& request,
                     const CallBody& body) {
  absl::Duration limit = environment.read_timeout();
  return RunCall(context, method, environment, request, [&](CallContext& call, CallNotes& notes) {
    const absl::Time of_caller = call.deadline;
    call.deadline = std::min(of_caller, SteadyNow() + limit);
    absl::Status status = body(call, notes);
    bool by_limit = ReasonOf(status) == Reason::DEADLINE_EXCEEDED && SteadyNow() < of_caller &&
                    SteadyNow() >= call.deadline;
    return by_limit ? ReadTimedOut(status, limit) : status;
  });
}

}  // namespace stateserver::rpc
