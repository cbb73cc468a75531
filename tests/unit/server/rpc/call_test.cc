// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/call.h"

#include <atomic>
#include <stdexcept>
#include <thread>

#include "common/error.h"
#include "gmock/gmock.h"
#include "server/rpc/caller.h"
#include "tests/unit/server/rpc/rpc_fixture.h"

namespace stateserver::rpc {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

class CallTest : public RpcTest {
 protected:
  void SetUp() override { StartServer(); }
};

TEST_F(CallTest, WritesOneLineForACall) {
  service_.get_versions = [](CallContext&, CallNotes& notes) {
    notes.set_gateway("prod");
    notes.set_operation("7a1b");
    notes.Add("rows", 12);
    return absl::OkStatus();
  };
  ASSERT_TRUE(Call().ok());
  std::vector<std::string> lines = LogLines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(
      lines[0],
      AllOf(HasSubstr(R"("level":"info","msg":"rpc","method":"GetVersions","code":"OK")"),
            HasSubstr(R"("peer":"127.0.0.1:)"), HasSubstr(R"("principal":"anonymous:127.0.0.1")"),
            HasSubstr(R"("gateway":"prod","operation":"7a1b","rows":12)"),
            HasSubstr(R"("duration_ms":)"), Not(HasSubstr("reason"))));
}

TEST_F(CallTest, ToldErrorsReachClientLogAndMetrics) {
  service_.get_versions = [](CallContext&, CallNotes& notes) {
    notes.set_operation("7a1b");
    return Error(Reason::GATEWAY_NOT_FOUND, "No gateway named 'x'.", "Use y.");
  };
  grpc::Status status = Call();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "No gateway named 'x'.");
  EXPECT_EQ(InfoOf(status).reason(), "GATEWAY_NOT_FOUND");
  EXPECT_EQ(InfoOf(status).metadata().at("operation"), "7a1b");
  ASSERT_EQ(LogLines().size(), 1u);
  EXPECT_THAT(LogLines()[0],
              HasSubstr(R"("reason":"GATEWAY_NOT_FOUND","error":"No gateway named )"));
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr(R"(rpc_handled_total{code="NOT_FOUND",method="GetVersions"} 1)"),
                    HasSubstr(R"(rpc_in_flight_calls{method="GetVersions"} 0)")));
}

TEST_F(CallTest, AnExceptionIsInternalAndTheServerLives) {
  service_.get_versions = [](CallContext&, CallNotes&) -> absl::Status {
    throw std::runtime_error("boom");
  };
  grpc::Status status = Call();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(InfoOf(status).reason(), "INTERNAL");
  EXPECT_THAT(LogLines()[0], AllOf(HasSubstr(R"("level":"error")"), HasSubstr("boom")));
  service_.get_versions = [](CallContext&, CallNotes&) -> absl::Status { throw 42; };
  EXPECT_EQ(Call().error_code(), grpc::StatusCode::INTERNAL);
  service_.get_versions = [](CallContext&, CallNotes&) { return absl::OkStatus(); };
  EXPECT_TRUE(Call().ok());
  EXPECT_EQ(drain_.in_flight(), 0);
}

TEST_F(CallTest, ARequestOverALimitReachesNoMethod) {
  bool ran = false;
  service_.get_versions = [&](CallContext&, CallNotes&) {
    ran = true;
    return absl::OkStatus();
  };
  grpc::ClientContext context;
  v1::GetVersionsRequest request;
  request.set_gateway(std::string(3'900'000, 'g'));
  v1::GetVersionsResponse response;
  Handover handover;
  grpc::Status status =
      v1::StateService::NewStub(Channel())->GetVersions(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(InfoOf(status).metadata().at("field"), "gateway");
  EXPECT_FALSE(ran);
  ASSERT_EQ(LogLines().size(), 1u);
  EXPECT_LT(LogLines()[0].size(), 1000u);
  EXPECT_THAT(
      metrics_.Text(),
      HasSubstr(R"(stateserver_requests_refused_total{method="GetVersions",why="too_large"} 1)"));
}

TEST_F(CallTest, CallersWithoutAnIdentityDoNotFillTheLog) {
  config::Auth auth;
  auth.enabled = true;
  authenticator_ = *auth::Authenticator::Open(auth, metrics_, logger_);
  auto channel = Channel();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Call(nullptr, channel).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
  EXPECT_LE(LogLines().size(), 22u) << "ten lines of each kind, and what was left out so far";
  EXPECT_THAT(metrics_.Text(), HasSubstr("stateserver_log_lines_left_out_total 180"));
}

TEST_F(CallTest, TakesTheTraceOfTheCallerElseMakesOne) {
  std::string seen;
  service_.get_versions = [&](CallContext& call, CallNotes&) {
    seen = call.trace_id;
    return absl::OkStatus();
  };
  grpc::ClientContext context;
  context.AddMetadata("traceparent", std::string("00-") + kTrace + "-00f067aa0ba902b7-01");
  ASSERT_TRUE(Call(&context).ok());
  EXPECT_EQ(seen, kTrace);
  EXPECT_THAT(LogLines()[0], HasSubstr(kTrace));
  ASSERT_TRUE(Call().ok());
  EXPECT_THAT(seen, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(seen, kTrace);
}

TEST_F(CallTest, ASlowCallLeavesALineWithItsPhases) {
  service_.get_versions = [](CallContext&, CallNotes& notes) {
    notes.set_operation("op-1");
    notes.EnterPhase("stage");
    absl::SleepFor(absl::Milliseconds(20));
    notes.EnterPhase("merge");
    return absl::OkStatus();
  };
  slow_call_ = absl::Hours(1);
  ASSERT_TRUE(Call().ok());
  slow_call_ = absl::Milliseconds(10);
  ASSERT_TRUE(Call().ok());
  ASSERT_EQ(LogLines().size(), 3u);
  EXPECT_THAT(LogLines()[1], HasSubstr(R"("msg":"rpc")"));
  EXPECT_THAT(LogLines()[2],
              AllOf(HasSubstr(R"("level":"warn")"), HasSubstr(R"("msg":"slow call")"),
                    HasSubstr(R"("operation":"op-1")"), HasSubstr("trace_id"),
                    HasSubstr(R"("phases":"stage 2)"), HasSubstr("merge ")));
}

TEST_F(CallTest, KnowsTheCallersDeadline) {
  absl::Time seen;
  service_.get_versions = [&](CallContext& call, CallNotes&) {
    seen = call.deadline;
    return absl::OkStatus();
  };
  ASSERT_TRUE(Call().ok());
  EXPECT_GT(seen, absl::Now() + absl::Minutes(50));
  EXPECT_LT(seen, absl::Now() + absl::Minutes(61)) << "the server's own limit";
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  ASSERT_TRUE(Call(&context).ok());
  EXPECT_GT(seen, absl::Now() + absl::Seconds(30));
  EXPECT_LT(seen, absl::Now() + absl::Seconds(90));
}

TEST_F(CallTest, SeesThatTheCallerWentAway) {
  std::atomic<bool> started = false;
  std::atomic<bool> saw_cancel = false;
  std::function<bool()> kept;
  service_.get_versions = [&](CallContext& call, CallNotes&) {
    EXPECT_TRUE(call.Check().ok());
    kept = call.cancelled;
    started = true;
    saw_cancel = Eventually([&] { return call.cancelled(); });
    return call.Check();
  };
  grpc::ClientContext context;
  std::thread canceller([&] {
    Eventually([&] { return started.load(); });
    context.TryCancel();
  });
  EXPECT_EQ(Call(&context).error_code(), grpc::StatusCode::CANCELLED);
  canceller.join();
  ASSERT_TRUE(Eventually([&] { return !LogLines().empty(); }));
  EXPECT_TRUE(saw_cancel);
  EXPECT_THAT(LogLines()[0], HasSubstr(R"("reason":"CANCELLED")"));
  // A watcher may ask once more after the end.
  EXPECT_TRUE(kept());
}

TEST_F(CallTest, DrainingRefusesNewCallsAndForcedEndsRunningOnes) {
  std::atomic<bool> started = false;
  service_.export_body = [&](CallContext& call, CallNotes& notes) {
    notes.set_operation("op1");
    started = true;
    while (call.Check().ok()) absl::SleepFor(absl::Milliseconds(2));
    return call.Check();
  };
  auto channel = Channel();
  grpc::ClientContext context;
  Handover handover;
  auto stream = v1::StateService::NewStub(channel)->Export(&context, v1::ExportRequest());
  ASSERT_TRUE(Eventually([&] { return started.load(); }));
  drain_.Start();

  grpc::Status refused = Call(nullptr, channel);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(InfoOf(refused).reason(), "SHUTTING_DOWN");
  EXPECT_EQ(drain_.in_flight(), 1);
  EXPECT_FALSE(drain_.WaitIdle(absl::Milliseconds(20)));

  drain_.Force();
  grpc::Status ended = stream->Finish();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(InfoOf(ended).reason(), "SHUTTING_DOWN");
  EXPECT_EQ(InfoOf(ended).metadata().at("operation"), "op1");
  EXPECT_TRUE(drain_.WaitIdleForced(absl::Seconds(10)));
}

TEST_F(CallTest, OneAddressAndOnePrincipalGetAPartOfTheCalls) {
  call_limits_ = {200, 1, 64};
  std::atomic<bool> started = false;
  std::atomic<bool> done = false;
  service_.export_body = [&](CallContext&, CallNotes&) {
    started = true;
    EXPECT_TRUE(Eventually([&] { return done.load(); }));
    return absl::OkStatus();
  };
  grpc::ClientContext context;
  auto stream = v1::StateService::NewStub(Channel())->Export(&context, v1::ExportRequest());
  ASSERT_TRUE(Eventually([&] { return started.load(); }));
  grpc::Status refused = Call();
  EXPECT_EQ(InfoOf(refused).reason(), "OVERLOADED");
  EXPECT_EQ(InfoOf(refused).metadata().at("limit"), "max_calls_per_address");
  call_limits_ = {200, 2, 1};
  EXPECT_EQ(InfoOf(Call()).metadata().at("limit"), "max_calls_per_principal");
  call_limits_ = {200, 2, 2};
  EXPECT_TRUE(Call().ok());
  done = true;
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(CallTest, AConnectionIsKnownOnceACallWasLetIn) {
  EXPECT_EQ(connections_.TakeOldestUnknown(), nullptr);
  auto channel = Channel();
  EXPECT_TRUE(Call(nullptr, channel).ok());
  EXPECT_EQ(connections_.size(), 1);
  EXPECT_EQ(connections_.TakeOldestUnknown(), nullptr);
}

}  // namespace
}  // namespace stateserver::rpc
