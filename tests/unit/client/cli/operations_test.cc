// SPDX-License-Identifier: Apache-2.0
//
// migrate, rollback and restore: progress, results, lost streams.
#include "common/error.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

const char kPoint[] = "aaaaaaaa-7425-40de-944b-e07fc1f90ae7";

class OperationsTest : public testing::Test {
 protected:
  OperationsTest() { run.env["STATESERVER_SERVER"] = server.address(); }

  void RecordSays(pb::OperationStatus status) {
    server.on_get_operation = [status](const auto& request, pb::GetOperationResponse* response) {
      response->mutable_operation()->set_id(request.id());
      response->mutable_operation()->set_status(status);
      return grpc::Status::OK;
    };
  }

  FakeServer server;
  Runner run;
};

TEST_F(OperationsTest, Migrate) {
  RunResult result = run({"migrate", "-y", "--to", "0.236.4"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("\nMigration completed successfully\n\nState backend versions:\n"
                            "Schema version: 0 -> 102\nSQLGlot version: 0.0.0 -> 30.8.0\n"
                            "SQLMesh version: 0.0.0 -> 0.236.4\n"),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("Migrating snapshots"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("• 6/6 •"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("\nSnapshots migrated successfully\n[WARNING] look at the plan\n"),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("Fingerprints: 6 by the server, 0 by the worker, 0 kept\n"
                            "Snapshots: 4 written, 0 unchanged\n"),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("stateclient restore cccccccc-"), std::string::npos) << result.err;
}

TEST_F(OperationsTest, Rollback) {
  RunResult result = run({"rollback", "-y"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("\nRollback completed successfully\n\nState backend versions:\n"
                            "Schema version: 102 -> 60\n"),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("_auto_restatements\n"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("stateclient restore cccccccc-"), std::string::npos) << result.err;
}

const char kTarget[] =
    "State backend versions:\nSchema version: 102 -> 60\nSQLGlot version: 30.8.0 -> 0.0.0\n"
    "SQLMesh version: 0.236.4 -> 0.137.1\n"
    "Restored from: restore point dddddddd-7425-40de-944b-e07fc1f90ae7 of the last migration, "
    "2026-11-30 00:53:20 UTC\n"
    "Lost: 2 environments: dev_a, dev_b\n"
    "Back to an earlier plan: 1 environment: prod\n"
    "Lost: 33 snapshots: \"db\".\"shop\".\"orders\"\n";

TEST_F(OperationsTest, RollbackShowsItsTargetAndAsks) {
  run.input = "n\n";
  RunResult result = run({"rollback"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.err.find(kTarget), std::string::npos) << result.err;
  EXPECT_EQ(server.calls("Rollback"), 1);
  EXPECT_TRUE(server.last_rollback.dry_run());
}

TEST_F(OperationsTest, RollbackGoesWhereTheAnswerWasGivenFor) {
  run.input = "y\n";
  EXPECT_EQ(run({"rollback"}).exit_code, 0);
  EXPECT_EQ(server.calls("Rollback"), 2);
  EXPECT_FALSE(server.last_rollback.dry_run());
  EXPECT_EQ(server.last_rollback.if_after().sqlmesh_version(), "0.137.1");
}

TEST_F(OperationsTest, RollbackDryRun) {
  RunResult result = run({"rollback", "--dry-run"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.err.find("Dry run: nothing was changed"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(kTarget), std::string::npos) << result.err;
  EXPECT_EQ(server.calls("Rollback"), 1);
  EXPECT_TRUE(server.last_rollback.dry_run());
}

TEST_F(OperationsTest, MigrateRequest) {
  pb::MigrateRequest seen;
  server.on_migrate = [&seen](const pb::MigrateRequest& request, auto*) {
    seen = request;
    return Typed(Error(Reason::STATE_AHEAD, "103 is newer than 102"));
  };
  RunResult result =
      run({"migrate", "--dry-run", "--to", "0.230.0", "--gateway", "g", "--if-unchanged-since",
           std::string(64, 'c'), "--keep-unsupported-fingerprints"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("\nMigration failed!\nError: 103 is newer than 102\n"),
            std::string::npos)
      << result.err;
  EXPECT_EQ(seen.gateway(), "g");
  EXPECT_EQ(seen.to(), "0.230.0");
  EXPECT_TRUE(seen.dry_run());
  EXPECT_TRUE(seen.keep_unsupported_fingerprints());
  EXPECT_EQ(seen.if_unchanged_since(), std::string(64, 'c'));
  EXPECT_EQ(seen.operation_id().size(), 36u);
}

TEST_F(OperationsTest, MigrateAsks) {
  run.input = "n\n";
  RunResult no = run({"migrate"});
  EXPECT_EQ(no.exit_code, 0);
  EXPECT_NE(no.err.find("[WARNING] This operation will migrate the state of SQLMesh 0.236.4"),
            std::string::npos);
  EXPECT_EQ(server.calls("Migrate"), 0);
}

TEST_F(OperationsTest, MigrateLost) {
  server.on_migrate = [](const auto&, auto* writer) {
    pb::MigrateResponse response;
    response.mutable_progress()->set_total(6);
    writer->Write(response);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  };
  RecordSays(pb::OPERATION_STATUS_SUCCEEDED);
  EXPECT_EQ(run({"migrate", "-y"}).exit_code, 0);
  RecordSays(pb::OPERATION_STATUS_ABANDONED);
  RunResult nothing = run({"migrate", "-y"});
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_NE(nothing.err.find("Nothing was changed."), std::string::npos) << nothing.err;
  RecordSays(pb::OPERATION_STATUS_RUNNING);
  EXPECT_EQ(run({"migrate", "-y"}).exit_code, 4);
}

TEST_F(OperationsTest, NeverBegan) {
  server.on_migrate = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  };
  server.on_get_operation = [](const auto&, auto*) {
    return Typed(Error(Reason::OPERATION_NOT_FOUND, "No such operation"));
  };
  RunResult result = run({"migrate", "-y"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("Nothing was changed."), std::string::npos) << result.err;
}

TEST_F(OperationsTest, Restore) {
  RunResult result = run({"restore", kPoint, "-y"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("bring back the state of 2026-11-22 10:03:00 UTC (import --replace): "
                            "79 snapshots, 8 environments."),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("State restored successfully from restore point"), std::string::npos);
  EXPECT_NE(result.err.find("stateclient restore bbbbbbbb-7425-40de-944b-e07fc1f90ae7\n"),
            std::string::npos);
}

TEST_F(OperationsTest, RestoreOfAnUnknownPoint) {
  RunResult result = run({"restore", "none", "-y", "--format", "json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("\"reason\":\"RESTORE_POINT_NOT_FOUND\""), std::string::npos);
  EXPECT_EQ(server.calls("Restore"), 0);
}

TEST_F(OperationsTest, RestoreLostAndUnknown) {
  server.on_restore = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  };
  RecordSays(pb::OPERATION_STATUS_SUCCEEDED);
  EXPECT_EQ(run({"restore", kPoint, "-y"}).exit_code, 0);
}

}  // namespace
}  // namespace stateserver::client
