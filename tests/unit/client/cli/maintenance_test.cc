// SPDX-License-Identifier: Apache-2.0
//
// compact, expired and check: what is printed, asked and answered.
#include "common/error.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

class MaintenanceTest : public testing::Test {
 protected:
  MaintenanceTest() { run.env["STATESERVER_SERVER"] = server.address(); }

  FakeServer server;
  Runner run;
};

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(MaintenanceTest, Compact) {
  RunResult result = run({"compact", "-y"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(Contains(result.err, "Intervals compacted successfully\n7 versions: 30 rows -> 9\n"))
      << result.err;
}

TEST_F(MaintenanceTest, CompactAsks) {
  run.input = "n\n";
  EXPECT_EQ(run({"compact"}).exit_code, 0);
  EXPECT_EQ(server.calls("Compact"), 0);
}

TEST_F(MaintenanceTest, CompactLost) {
  server.on_compact = [](const auto&, auto* writer) {
    pb::CompactResponse response;
    response.mutable_progress()->set_total(6);
    writer->Write(response);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  };
  server.on_get_operation = [](const auto& request, pb::GetOperationResponse* response) {
    response->mutable_operation()->set_id(request.id());
    response->mutable_operation()->set_status(pb::OPERATION_STATUS_ABANDONED);
    return grpc::Status::OK;
  };
  RunResult result = run({"compact", "-y"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(Contains(result.err, "Nothing was changed.")) << result.err;
}

TEST_F(MaintenanceTest, ExpiredShows) {
  RunResult result = run({"expired", "--environment", "dev"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(Contains(result.out, "sqlmesh__a.a__b__1__dev")) << result.out;
  EXPECT_TRUE(Contains(result.out, "Expired: 1 environment, 1 snapshot, 1 physical table\n"));
  EXPECT_TRUE(Contains(result.out, "Unused, but within their time to live: 4\n"));
  EXPECT_EQ(server.calls("DeleteExpired"), 0);
}

TEST_F(MaintenanceTest, ExpiredDeletes) {
  RunResult result = run({"expired", "--delete", "-y"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(Contains(result.out, "TABLE TO DROP YOURSELF")) << result.out;
  EXPECT_FALSE(Contains(result.out + result.err, "FOR SQLMESH TO DROP"));
  EXPECT_TRUE(Contains(result.err, "SQLMesh's janitor no longer finds them")) << result.err;
  EXPECT_FALSE(Contains(result.out, "It expired."));
  EXPECT_TRUE(Contains(result.err, "Deleted: 1 environment, 1 snapshot; left: 1 physical table\n"))
      << result.err;
  EXPECT_TRUE(Contains(result.err, "stateclient restore bbbbbbbb-7425-40de-944b-e07fc1f90ae7\n"));
}

TEST_F(MaintenanceTest, ExpiredShowsBeforeItAsks) {
  run.input = "n\n";
  RunResult result = run({"expired", "--delete"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(Contains(result.err, "sqlmesh__a.a__b__1__dev")) << result.err;
  EXPECT_TRUE(Contains(result.err, "run the janitor instead")) << result.err;
  EXPECT_EQ(server.calls("DeleteExpired"), 0);
}

TEST_F(MaintenanceTest, CheckFindsNothing) {
  RunResult result = run({"check"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(Contains(result.out, "No findings in 79 snapshots,")) << result.out;
}

TEST_F(MaintenanceTest, CheckFindsSomething) {
  server.on_check = [](auto* writer) {
    pb::CheckResponse response;
    pb::Finding* finding = response.mutable_finding();
    finding->set_kind(pb::FINDING_KIND_DANGLING_REFERENCE);
    finding->set_message("Environment 'prod' names a snapshot that does not exist.");
    finding->set_hint("Plan again.");
    writer->Write(response);
    pb::CheckResult* result = response.mutable_result();
    result->set_findings(150);
    result->add_counts()->set_kind(pb::FINDING_KIND_DANGLING_REFERENCE);
    result->mutable_counts(0)->set_count(150);
    writer->Write(response);
    return grpc::Status::OK;
  };
  RunResult result = run({"check"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "");
  EXPECT_TRUE(Contains(result.out,
                       "dangling reference (150)\n  Environment 'prod' names a snapshot "
                       "that does not exist.\n    Plan again.\n  … and 149 more\n"))
      << result.out;
  EXPECT_EQ(run({"check", "--format", "json"}).exit_code, 1);
}

TEST_F(MaintenanceTest, CheckCannotCompare) {
  server.on_check = [](auto*) {
    return Typed(Error(Reason::STATE_TOO_OLD, "too old", "Migrate the state first."));
  };
  EXPECT_EQ(run({"check"}).exit_code, 2);
  server.on_check = [](auto*) { return grpc::Status::OK; };
  EXPECT_EQ(run({"check"}).exit_code, 2);
}

}  // namespace
}  // namespace stateserver::client
