// SPDX-License-Identifier: Apache-2.0
//
// The common frame of all methods: the call context, admission, one log line, metrics, and the
// conversion of absl::Status to grpc::Status.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/error.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "server/operations/refusal_limit.h"
#include "server/platform/auth/authenticator.h"
#include "server/platform/call_context.h"
#include "server/platform/telemetry/limited_log.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/rpc/drain.h"
#include "server/rpc/request_limits.h"
#include "server/rpc/running_calls.h"
#include "server/rpc/slots.h"
#include "server/rpc/stall_watch.h"
#include "server/rpc/transport/connection_table.h"

namespace stateserver::rpc {

struct RpcEnvironment {
  telemetry::Metrics& metrics;
  telemetry::Logger& logger;
  Drain& drain;
  // Returns the current authenticator, never null. Thread-safe.
  std::function<std::shared_ptr<auth::Authenticator>()> authenticator;
  StallWatch& stalls;
  // Returns the current maximum duration of a call. Thread-safe.
  std::function<absl::Duration()> max_call_time;
  // Returns the current maximum duration of a unary read. Thread-safe.
  std::function<absl::Duration()> read_timeout;
  // Returns the duration above which a call is logged with its phases; zero disables this.
  // Thread-safe.
  std::function<absl::Duration()> slow_call;
  RunningCalls& running;
  // The connections that calls arrive on.
  transport::ConnectionTable& connections;
  // The active calls, by address and principal.
  Slots& calls;
  // Returns the current limits on active calls. Thread-safe.
  std::function<SlotLimits()> call_limits;
  // Receives log lines about unauthenticated calls.
  telemetry::LimitedLog& refused_log;
  operations::RefusalLimit& refusals;
  // Returns a sentence for each revocation list because of which valid client certificates are
  // refused. Thread-safe.
  std::function<std::vector<std::string>()> revocation_problems = [] {
    return std::vector<std::string>();
  };
};

// CallNotes collects what a method adds to its log line. Not thread-safe.
class CallNotes {
 public:
  // Sets the resolved name of the gateway, never the empty name of a request.
  void set_gateway(std::string_view name) {
    gateway_ = name;
    running_.set_gateway(name);
  }
  // Sets the operation id; errors carry it as the fact "operation".
  void set_operation(std::string_view id) {
    operation_ = id;
    running_.set_operation(id);
  }
  // Adds any other field: rows, bytes, mode …
  void Add(std::string_view key, telemetry::Value value) {
    fields_.push_back({std::string(key), std::move(value)});
  }

  // Methods report here when they wait for the peer of their stream.
  StreamActivity& activity() { return activity_; }

  // Starts the phase `name`.
  void EnterPhase(std::string_view name) {
    phases_.Enter(name);
    running_.EnterPhase(name);
  }
  // Returns the public view of the call. The method updates its counts.
  RunningCall& running() { return running_; }

  const std::string& gateway() const { return gateway_; }
  const std::string& operation() const { return operation_; }
  const telemetry::Fields& fields() const { return fields_; }
  const Phases& phases() const { return phases_; }

 private:
  std::string gateway_;
  std::string operation_;
  telemetry::Fields fields_;
  StreamActivity activity_;
  Phases phases_;
  RunningCall running_;
};

// Returns ARGUMENT_INVALID for an unreadable message of a stream.
absl::Status UnreadableMessage();

// Reads the next message and checks it against the limits of its fields. Returns false at the end
// of the stream, and ARGUMENT_INVALID for a message that cannot be parsed.
template <typename Stream, typename Message>
absl::StatusOr<bool> Receive(Stream* stream, Message* message, CallNotes& notes) {
  {
    StreamActivity::Waiting waiting(notes.activity());
    // gRPC reports a message that it cannot parse as the end of the stream. A call that took it for
    // the end would work with a part of the files.
    const int64_t unreadable = UnreadableMessages();
    if (!stream->Read(message)) {
      if (UnreadableMessages() != unreadable) return UnreadableMessage();
      return false;
    }
  }
  RETURN_IF_ERROR(CheckRequest(*message));
  return true;
}

// Writes a message. Returns false if the stream is closed.
template <typename Stream, typename Message>
bool Deliver(Stream* stream, const Message& message, CallNotes& notes) {
  StreamActivity::Waiting waiting(notes.activity());
  return stream->Write(message);
}

using CallBody = std::function<absl::Status(CallContext& call, CallNotes& notes)>;

// Runs `body` for one call of `method` ("Export") after authenticating the caller and checking that
// it has a role on some gateway. `body` checks the specific role (see authorize.h). Rejects the
// call with SHUTTING_DOWN while draining, UNAUTHENTICATED, THROTTLED, OVERLOADED or ROLE_MISSING.
// Returns STREAM_STALLED if the peer of a stream stalls, INTERNAL for an exception from `body`, and
// SHUTTING_DOWN instead of CANCELLED during a forced drain. Copies of `call.cancelled` may be used
// after the call has ended.
grpc::Status RunCall(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const CallBody& body);

// Works like the overload above for a method with one request: runs `body` only if the request
// satisfies CheckRequest.
grpc::Status RunCall(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const google::protobuf::Message& request,
                     const CallBody& body);

// Works like RunCall with a request, for a unary read: returns DEADLINE_EXCEEDED after
// limits.read_timeout, regardless of the caller's deadline.
grpc::Status RunRead(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const google::protobuf::Message& request,
                     const CallBody& body);

}  // namespace stateserver::rpc
