// SPDX-License-Identifier: Apache-2.0
//
// stateclient import: what goes up, and what is said when it does not arrive.
#include <unistd.h>

#include <atomic>
#include <thread>

#include "common/error.h"
#include "common/sha256.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

const char kId[] = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

class ImportTest : public testing::Test {
 protected:
  ImportTest() { run.env["STATESERVER_SERVER"] = server.address(); }

  RunResult Import(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"import", "-y", "-i", file, "--operation-id", kId};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  // Keeps what came and answers as a server would.
  void Keep(std::vector<pb::ImportRequest>* requests) {
    server.on_import = [requests](auto*, ImportServerStream* stream) {
      *requests = ReadImport(stream);
      stream->Write(ImportedResponse(*requests));
      return grpc::Status::OK;
    };
  }

  // Takes everything with the commit, then ends with `status` and no result.
  void LoseAfterCommit(grpc::Status status = {grpc::StatusCode::UNAVAILABLE, "Socket closed"}) {
    server.on_import = [status](auto*, ImportServerStream* stream) {
      Accept(stream);
      ReadImport(stream);
      return status;
    };
  }

  static void Accept(ImportServerStream* stream) {
    pb::ImportResponse accepted;
    accepted.mutable_accepted()->set_gateway("local");
    stream->Write(accepted);
  }

  void RecordSays(pb::OperationStatus status, const std::string& error = "") {
    server.on_get_operation = [status, error](const pb::GetOperationRequest& request,
                                              pb::GetOperationResponse* response) {
      EXPECT_EQ(request.id(), kId);
      response->mutable_operation()->set_id(request.id());
      response->mutable_operation()->set_status(status);
      response->mutable_operation()->set_error(error);
      return grpc::Status::OK;
    };
  }

  void ExpectFailure(const RunResult& result, int exit_code, const std::string& sentence) {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_NE(result.err.find("State import failed!\nError: "), std::string::npos) << result.err;
    EXPECT_NE(result.err.find(sentence), std::string::npos) << result.err;
  }

  FakeServer server;
  Scratch scratch;
  Runner run;
  std::string file = scratch.Write("in.json", ExportedFile());
};

TEST_F(ImportTest, SendsBeginRecordsCommit) {
  std::vector<pb::ImportRequest> requests;
  Keep(&requests);
  RunResult result = Import({"--replace", "--drop-dangling", "--gateway", "g",
                             "--if-unchanged-since", std::string(64, 'b')});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(requests.size(), 3u);
  const pb::ImportBegin& begin = requests[0].begin();
  EXPECT_EQ(begin.gateway(), "g");
  EXPECT_EQ(begin.operation_id(), kId);
  EXPECT_EQ(begin.mode(), pb::IMPORT_MODE_REPLACE);
  EXPECT_EQ(begin.versions().schema_version(), 102);
  EXPECT_EQ(begin.versions().sqlmesh_version(), NEWEST_CORPUS);
  EXPECT_EQ(begin.file_timestamp(), "2026-11-22 10:03:00+00:00");
  EXPECT_EQ(begin.file_version(), 1);
  EXPECT_TRUE(begin.has_importable() && begin.importable());
  EXPECT_TRUE(begin.drop_dangling());
  EXPECT_FALSE(begin.dry_run());
  EXPECT_EQ(begin.if_unchanged_since(), std::string(64, 'b'));

  const auto& records = requests[1].records().records();
  ASSERT_EQ(records.size(), 3);
  EXPECT_EQ(records[0].section(), pb::SECTION_SNAPSHOTS);
  EXPECT_EQ(records[0].json(), "{\"name\":\"\\\"a\\\"\"}");
  EXPECT_EQ(records[2].section(), pb::SECTION_ENVIRONMENTS);
  EXPECT_EQ(records[2].name(), "prod");
  EXPECT_EQ(records[2].json(), "{\"environment\":{},\"statements\":[]}");
  const pb::ImportCommit& commit = requests[2].commit();
  EXPECT_EQ(commit.snapshots(), 2);
  EXPECT_EQ(commit.environments(), 1);
  std::string text;
  for (const auto& record : records) text += record.json() + "\n";
  EXPECT_EQ(commit.checksum(), Sha256::Hex(text));
}

TEST_F(ImportTest, LargeRecordsGoInPartsOfSmallMessages) {
  std::string big(3 << 20, 'x');
  std::string text = ExportedFile();
  text.replace(text.find("\"\\\"b\\\"\""), 7, "\"" + big + "\"");
  scratch.Write("in.json", text);
  std::vector<pb::ImportRequest> requests;
  Keep(&requests);
  ASSERT_EQ(Import().exit_code, 0);
  std::string all;
  bool continued = false;
  for (const auto& request : requests) {
    EXPECT_LE(request.ByteSizeLong(), 1u << 20);
    for (const auto& record : request.records().records()) {
      EXPECT_LE(record.json().size(), 512u << 10);
      EXPECT_FALSE(continued && record.section() != pb::SECTION_SNAPSHOTS);
      continued = record.continued();
      all += record.json();
      if (!continued) all += '\n';
    }
  }
  EXPECT_FALSE(continued);
  EXPECT_GT(all.size(), big.size());
  EXPECT_EQ(requests.back().commit().checksum(), Sha256::Hex(all));
}

TEST_F(ImportTest, SummaryRestorePointAndNotes) {
  server.on_import = [](auto*, ImportServerStream* stream) {
    pb::ImportResponse response = ImportedResponse(ReadImport(stream));
    auto* result = response.mutable_result();
    result->mutable_snapshots()->set_left_alone(5);
    result->set_intervals_already_covered(12);
    auto* note = result->add_notes();
    note->set_message("two unpaused snapshots of one name");
    note->add_records("\"a\"");
    stream->Write(response);
    return grpc::Status::OK;
  };
  RunResult result = Import({"--replace"});
  EXPECT_EQ(result.out, "");
  for (const char* line :
       {"\nState imported successfully from '", "snapshots                      2         0",
        "12 intervals of the file already covered\n",
        "stateclient restore cccccccc-7425-40de-944b-e07fc1f90ae7\n",
        "[NOTE] two unpaused snapshots of one name\n  \"a\"\n",
        "Operation: 7c9e6679-7425-40de-944b-e07fc1f90ae7\n"}) {
    EXPECT_NE(result.err.find(line), std::string::npos) << line << result.err;
  }
}

TEST_F(ImportTest, MakesUpAnOperationId) {
  RunResult result = run({"import", "-y", "-i", file});
  EXPECT_EQ(result.exit_code, 0);
  size_t at = result.err.find("Operation: ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(result.err.substr(at + 11, 37).back(), '\n');
}

TEST_F(ImportTest, DryRunReportsOnStandardOutputAndAsksNothing) {
  run.input = "";
  RunResult result = run({"import", "-i", file, "--dry-run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("Dry run: nothing was changed."), std::string::npos);
  EXPECT_EQ(result.out.find("TABLE "), 0u) << result.out;
}

TEST_F(ImportTest, JsonResult) {
  RunResult result = Import({"--format", "json"});
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out.find("{\"input_file\":\"" + file + "\",\"operation\":{\"id\":\"" + kId), 0u)
      << result.out;
  EXPECT_NE(result.out.find("\"recovered\":false}\n"), std::string::npos);
}

TEST_F(ImportTest, TokenOfAStateFile) {
  std::vector<pb::ImportRequest> requests;
  Keep(&requests);
  EXPECT_EQ(Import({"--if-unchanged-since", file}).exit_code, 0);
  EXPECT_EQ(requests.front().begin().if_unchanged_since(), std::string(64, 'a'));
  std::string plain =
      std::string(TEST_DATA_DIR) + "/sqlmesh/" NEWEST_CORPUS "/export_env_dev_b.json";
  RunResult without = Import({"--if-unchanged-since", plain});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_NE(without.err.find("has no state token"), std::string::npos) << without.err;
  EXPECT_EQ(Import({"--if-unchanged-since", scratch / "none"}).exit_code, 2);
}

TEST_F(ImportTest, BadHeaderNeverConnects) {
  scratch.Write("in.json", "hello");
  ExpectFailure(Import(), 1, "Invalid JSON character: 'h' at index 0");
  EXPECT_EQ(server.calls("GetVersions"), 0);
}

TEST_F(ImportTest, MalformedInTheMiddleCancels) {
  std::string text = ExportedFile();
  scratch.Write("in.json", text.substr(0, text.size() - 40));
  std::atomic<bool> committed = false;
  // The client may have seen the end of the file, and cancelled, before the server began the call.
  std::atomic<int> running = 0;
  server.on_import = [&](auto*, ImportServerStream* stream) {
    ++running;
    Accept(stream);
    auto requests = ReadImport(stream);
    committed = !requests.empty() && requests.back().has_commit();
    --running;
    return grpc::Status::CANCELLED;
  };
  RunResult result = Import();
  ExpectFailure(result, 1, "end of file");
  EXPECT_NE(result.err.find(file), std::string::npos) << "names the file: " << result.err;
  server.Stop();
  EXPECT_EQ(running, 0);
  EXPECT_FALSE(committed);
}

TEST_F(ImportTest, RefusedBeforeAnyRecord) {
  server.on_import = [](auto*, ImportServerStream* stream) {
    pb::ImportRequest begin;
    stream->Read(&begin);
    return Typed(Error(Reason::VERSION_MISMATCH, "SQLMesh version mismatch."));
  };
  ExpectFailure(Import(), 1, "Error: SQLMesh version mismatch.\n");
  EXPECT_EQ(server.calls("GetOperation"), 0) << "the server's word is enough";
}

// As in SQLMesh, which compares the versions before it looks for the records.
TEST_F(ImportTest, ARefusalComesBeforeAnErrorOfTheFile) {
  std::string text = ExportedFile();
  scratch.Write("in.json", text.substr(0, text.find(",\n  \"snapshots\"")) + "}");
  server.on_import = [](auto*, ImportServerStream* stream) {
    pb::ImportRequest begin;
    stream->Read(&begin);
    return Typed(Error(Reason::VERSION_MISMATCH, "SQLMesh version mismatch."));
  };
  ExpectFailure(Import(), 1, "Error: SQLMesh version mismatch.\n");
  server.on_import = [](auto*, ImportServerStream* stream) {
    Accept(stream);
    ReadImport(stream);
    return grpc::Status::CANCELLED;
  };
  ExpectFailure(Import(), 1, "Error: Expecting a 'snapshots' key to be present\n");
}

TEST_F(ImportTest, RefusalCarriesTheOperationInJson) {
  server.on_import = [](auto*, ImportServerStream*) {
    return Typed(Error(Reason::OPERATION_ID_REUSED, "used before"));
  };
  EXPECT_EQ(Import({"--format", "json"}).err,
            std::string(R"({"error":{"code":"ALREADY_EXISTS","reason":"OPERATION_ID_REUSED",)") +
                R"("message":"used before","hint":"","operation":")" + kId + "\"}}\n");
}

TEST_F(ImportTest, ARetryIsAnsweredBeforeTheRecords) {
  server.on_import = [](auto*, ImportServerStream* stream) {
    pb::ImportRequest begin;
    stream->Read(&begin);
    stream->Write(ImportedResponse({begin}));
    return grpc::Status::OK;
  };
  EXPECT_EQ(Import().exit_code, 0);
}

TEST_F(ImportTest, LostBeforeTheCommitChangesNothing) {
  // A pipe that stays open: the file has not ended when the server goes.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::string head = ExportedFile().substr(0, 500);
  ASSERT_EQ(write(ends[1], head.data(), head.size()), static_cast<ssize_t>(head.size()));
  file = "/dev/fd/" + std::to_string(ends[0]);
  server.on_import = [](auto*, ImportServerStream* stream) {
    Accept(stream);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed");
  };
  ExpectFailure(Import(), 1, "was lost: Socket closed. Nothing was changed.\n");
  EXPECT_EQ(server.calls("GetOperation"), 0) << "without a commit there is no doubt";
  close(ends[1]);
  close(ends[0]);
}

TEST_F(ImportTest, DrainingServerBeforeAndAfterItAccepted) {
  server.on_import = [](auto*, ImportServerStream*) {
    return Typed(Error(Reason::SHUTTING_DOWN, "the server is shutting down"));
  };
  ExpectFailure(Import(), 3, "the server is shutting down");
  server.on_import = [](auto*, ImportServerStream* stream) {
    Accept(stream);
    return Typed(Error(Reason::SHUTTING_DOWN, "the server is shutting down"));
  };
  ExpectFailure(Import(), 1, "the server is shutting down");
}

TEST_F(ImportTest, LostAfterTheCommitButSucceeded) {
  LoseAfterCommit();
  RecordSays(pb::OPERATION_STATUS_SUCCEEDED);
  RunResult result = Import();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("State imported successfully from"), std::string::npos);
  EXPECT_NE(result.err.find("[NOTE] The connection was lost"), std::string::npos) << result.err;
  EXPECT_NE(Import({"--format", "json"}).out.find("\"recovered\":true}"), std::string::npos);
}

TEST_F(ImportTest, LostAfterTheCommitAndNothingChanged) {
  LoseAfterCommit();
  for (auto status : {pb::OPERATION_STATUS_FAILED, pb::OPERATION_STATUS_REFUSED,
                      pb::OPERATION_STATUS_ABANDONED}) {
    RecordSays(status, "disk full");
    RunResult result = Import();
    ExpectFailure(result, 1, "Nothing was changed.");
    EXPECT_NE(result.err.find("disk full"), std::string::npos) << result.err;
  }
}

TEST_F(ImportTest, StillRunningThenSucceeded) {
  LoseAfterCommit();
  std::atomic<int> asked = 0;
  server.on_get_operation = [&asked](const auto&, pb::GetOperationResponse* response) {
    bool running = ++asked < 3;
    response->mutable_operation()->set_status(running ? pb::OPERATION_STATUS_RUNNING
                                                      : pb::OPERATION_STATUS_SUCCEEDED);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Import().exit_code, 0);
  EXPECT_EQ(asked, 3);
}

TEST_F(ImportTest, OutcomeUnknown) {
  LoseAfterCommit();
  server.on_get_operation = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  };
  RunResult result = Import();
  ExpectFailure(result, 4, std::string("The outcome of operation ") + kId + " is unknown");
  EXPECT_NE(result.err.find(std::string("'stateclient operation ") + kId + "'"), std::string::npos);
}

TEST_F(ImportTest, CommitInDoubtIsAskedFor) {
  LoseAfterCommit(Typed(Error(Reason::COMMIT_IN_DOUBT, "the commit's answer was lost")));
  RecordSays(pb::OPERATION_STATUS_SUCCEEDED);
  EXPECT_EQ(Import().exit_code, 0);
  RecordSays(pb::OPERATION_STATUS_RUNNING);
  RunResult result = Import({"--format", "json"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.err.find("\"reason\":\"OUTCOME_UNKNOWN\""), std::string::npos) << result.err;
}

TEST_F(ImportTest, NoResultIsNoSuccess) {
  LoseAfterCommit(grpc::Status::OK);
  RecordSays(pb::OPERATION_STATUS_FAILED);
  ExpectFailure(Import(), 1, "ended without a result");
}

TEST_F(ImportTest, DeadlineAfterTheCommitIsAskedFor) {
  server.on_import = [](grpc::ServerContext* context, ImportServerStream* stream) {
    Accept(stream);
    ReadImport(stream);
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return grpc::Status::CANCELLED;
  };
  RecordSays(pb::OPERATION_STATUS_SUCCEEDED);
  EXPECT_EQ(Import({"--timeout", "0.5"}).exit_code, 0);
  EXPECT_EQ(server.calls("GetOperation"), 1);
}

TEST_F(ImportTest, InterruptedAfterTheCommitLearnsTheOutcome) {
  server.on_import = [this](grpc::ServerContext* context, ImportServerStream* stream) {
    Accept(stream);
    ReadImport(stream);
    run.interrupts.Raise();
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return grpc::Status::CANCELLED;
  };
  RecordSays(pb::OPERATION_STATUS_ABANDONED);
  RunResult result = Import();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_NE(result.err.find("Interrupted. Nothing was changed."), std::string::npos) << result.err;
  EXPECT_EQ(server.calls("GetOperation"), 1);
}

TEST_F(ImportTest, InterruptedWhileAPipeIsSilent) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::string head = ExportedFile().substr(0, 500);
  ASSERT_EQ(write(ends[1], head.data(), head.size()), static_cast<ssize_t>(head.size()));
  file = "/dev/fd/" + std::to_string(ends[0]);
  server.on_import = [this](grpc::ServerContext* context, ImportServerStream* stream) {
    Accept(stream);
    run.interrupts.Raise();
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return grpc::Status::CANCELLED;
  };
  RunResult result = Import();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_NE(result.err.find("Interrupted. Nothing was changed."), std::string::npos) << result.err;
  EXPECT_EQ(server.calls("GetOperation"), 0);
  close(ends[1]);
  close(ends[0]);
}

TEST_F(ImportTest, Prompt) {
  run.input = "n\n";
  RunResult no = run({"import", "-i", file});
  EXPECT_EQ(no.exit_code, 0);
  EXPECT_NE(no.err.find("\nAre you sure? [y/n]: \n"), std::string::npos) << no.err;
  EXPECT_EQ(no.err.find("State File Information"), std::string::npos);
  run.input = "";
  EXPECT_EQ(run({"import", "-i", file}).exit_code, 1);
  EXPECT_EQ(server.calls("Import"), 0);
  run.input = "y\n";
  EXPECT_EQ(run({"import", "-i", file}).exit_code, 0);
}

TEST_F(ImportTest, EveryCorpusFileGoesUpWhole) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::string(TEST_DATA_DIR) + "/sqlmesh")) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with("export_") || entry.path().extension() != ".json") continue;
    if (name == "export_local.json") continue;  // not importable
    std::vector<pb::ImportRequest> requests;
    Keep(&requests);
    file = entry.path().string();
    RunResult result = Import();
    EXPECT_EQ(result.exit_code, 0) << file << result.err;
    int64_t records = 0;
    for (const auto& request : requests) {
      for (const auto& record : request.records().records()) records += !record.continued();
    }
    const auto& commit = requests.back().commit();
    EXPECT_EQ(records, commit.snapshots() + commit.environments()) << file;
    EXPECT_GT(records, 0) << file;
  }
}

}  // namespace
}  // namespace stateserver::client
