// SPDX-License-Identifier: Apache-2.0
//
// `upgrade-file` against a server made of functions.
#include <gtest/gtest.h>

#include "common/error.h"
#include "common/sha256.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

class UpgradeTest : public testing::Test {
 protected:
  UpgradeTest() {
    run.env["STATESERVER_SERVER"] = server.address();
    scratch.Write("old.json", ExportedFile());
    scratch.Write("new.json", "as it was");
  }

  RunResult Upgrade() {
    return run({"upgrade-file", "-i", scratch / "old.json", "-o", scratch / "new.json"});
  }

  FakeServer server;
  Scratch scratch;
  Runner run;
};

void AcceptUpgrade(MigrateFileServerStream* stream) {
  pb::MigrateStateFileRequest request;
  stream->Read(&request);
  pb::MigrateStateFileResponse response;
  response.mutable_accepted()->mutable_versions()->set_sqlmesh_version("0.236.4");
  stream->Write(response);
  while (stream->Read(&request) && !request.has_commit()) {
  }
}

TEST_F(UpgradeTest, WritesWhatComesBack) {
  server.on_migrate_file = [](grpc::ServerContext*, MigrateFileServerStream* stream) {
    AcceptUpgrade(stream);
    pb::MigrateStateFileResponse response;
    response.mutable_progress()->set_phase("Migrating");
    stream->Write(response);
    response.mutable_report()->mutable_rows()->set_fingerprints_native(1);
    stream->Write(response);
    response.mutable_exported()->mutable_header()->mutable_versions()->set_schema_version(102);
    stream->Write(response);
    auto* record = response.mutable_exported()->mutable_records()->add_records();
    record->set_section(pb::SECTION_SNAPSHOTS);
    record->set_json("{\"name\":\"new\"}");
    stream->Write(response);
    Sha256 checksum;
    checksum.Update("{\"name\":\"new\"}\n");
    auto* trailer = response.mutable_exported()->mutable_trailer();
    trailer->mutable_counts()->set_snapshots(1);
    trailer->set_checksum(checksum.FinishHex());
    trailer->set_state_token(std::string(64, 'a'));
    stream->Write(response);
    return grpc::Status::OK;
  };
  RunResult result = Upgrade();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(scratch.Read("new.json").find("\"name\": \"new\""), std::string::npos);
}

TEST_F(UpgradeTest, ARefusalLeavesTheTargetAlone) {
  server.on_migrate_file = [](grpc::ServerContext*, MigrateFileServerStream*) {
    return Typed(Error(Reason::STATE_AHEAD, "too new"));
  };
  RunResult result = Upgrade();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("too new"), std::string::npos) << result.err;
  EXPECT_EQ(scratch.Read("new.json"), "as it was");
}

TEST_F(UpgradeTest, AStreamWithoutItsTrailerLeavesTheTargetAlone) {
  server.on_migrate_file = [](grpc::ServerContext*, MigrateFileServerStream* stream) {
    AcceptUpgrade(stream);
    pb::MigrateStateFileResponse response;
    response.mutable_exported()->mutable_header()->mutable_versions()->set_schema_version(102);
    stream->Write(response);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Upgrade().exit_code, 1);
  EXPECT_EQ(scratch.Read("new.json"), "as it was");
}

}  // namespace
}  // namespace stateserver::client
