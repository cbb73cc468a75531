// SPDX-License-Identifier: Apache-2.0
//
// What every method of every service does around its work: the call context,
// admission, one log line, metrics, and the way from absl::Status to grpc::Status.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/error.h"
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
  // Who is let in, as of now; never null. Thread-safe.
  std::function<std::shared_ptr<auth::Authenticator>()> authenticator;
  StallWatch& stalls;
  // The longest a call may take, as of now. Thread-safe.
  std::function<absl::Duration()> max_call_time;
  // The longest a read of one message may take, as of now. Thread-safe.
  std::function<absl::Duration()> read_timeout;
  // A call that takes longer leaves a line of its own in the log, with its phases; zero
  // for none. Thread-safe.
  std::function<absl::Duration()> slow_call;
  RunningCalls& running;
  // Where calls come from.
  transport::ConnectionTable& connections;
  // Calls at work, by address and principal.
  Slots& calls;
  // How many there may be, as of now. Thread-safe.
  std::function<SlotLimits()> call_limits;
  // For lines about calls whose caller is not known.
  telemetry::LimitedLog& refused_log;
  operations::RefusalLimit& refusals;
};

// What a method wants said in its log line. Not thread-safe.
class CallNotes {
 public:
  // The gateway's name once it is known, never the empty one of the request.
  void set_gateway(std::string_view name) {
    gateway_ = name;
    running_.set_gateway(name);
  }
  // The operation id; errors carry it as the fact "operation".
  void set_operation(std::string_view id) {
    operation_ = id;
    running_.set_operation(id);
  }
  // Anything else: rows, bytes, mode …
  void Add(std::string_view key, telemetry::Value value) {
    fields_.push_back({std::string(key), std::move(value)});
  }

  // Methods tell it when they wait for the other side of their stream.
  StreamActivity& activity() { return activity_; }

  // What the method is about from now on.
  void EnterPhase(std::string_view name) {
    phases_.Enter(name);
    running_.EnterPhase(name);
  }
  // What others see of the call; its counts are for the method to keep.
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

// ARGUMENT_INVALID, for a message of a stream.
absl::Status UnreadableMessage();

// The next message, checked against the limits of its fields; false at the end of the stream.
// ARGUMENT_INVALID also for one that cannot be read and has another after it.
template <typename Stream, typename Message>
absl::StatusOr<bool> Receive(Stream* stream, Message* message, CallNotes& notes) {
  {
    StreamActivity::Waiting waiting(notes.activity());
    if (!stream->Read(message)) {
      // gRPC reports a message that it cannot parse as the end of the stream. After the real end
      // there is nothing more to read.
      if (stream->Read(message)) return UnreadableMessage();
      return false;
    }
  }
  RETURN_IF_ERROR(CheckRequest(*message));
  return true;
}

// False when nobody takes messages any more.
template <typename Stream, typename Message>
bool Deliver(Stream* stream, const Message& message, CallNotes& notes) {
  StreamActivity::Waiting waiting(notes.activity());
  return stream->Write(message);
}

using CallBody = std::function<absl::Status(CallContext& call, CallNotes& notes)>;

// Runs `body` for one call of `method` ("Export"), whose caller is known and has a
// role somewhere; which role it needs is for `body` to ask (see authorize.h).
// Refuses it with SHUTTING_DOWN while draining, UNAUTHENTICATED, THROTTLED, OVERLOADED or
// ROLE_MISSING. A stream whose other side stalls becomes STREAM_STALLED; an exception out of `body`
// becomes INTERNAL; CANCELLED because of a forced drain becomes SHUTTING_DOWN. Copies of
// `call.cancelled` may be used after the call ended.
grpc::Status RunCall(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const CallBody& body);

// As above, for a method with one request: `body` runs only where the request keeps the limits of
// its fields (see CheckRequest).
grpc::Status RunCall(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const google::protobuf::Message& request,
                     const CallBody& body);

// As RunCall with a request, for a read that is answered with one message: it ends with
// DEADLINE_EXCEEDED after limits.read_timeout, whatever deadline its caller gives.
grpc::Status RunRead(grpc::ServerContext* context, std::string_view method,
                     const RpcEnvironment& environment, const google::protobuf::Message& request,
                     const CallBody& body);

}  // namespace stateserver::rpc
