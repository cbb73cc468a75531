// SPDX-License-Identifier: Apache-2.0
//
// stateclient export against a server that may misbehave: the target is the
// whole file or untouched.
#include <atomic>
#include <thread>

#include "common/error.h"
#include "common/sha256.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

class ExportTest : public testing::Test {
 protected:
  ExportTest() { run.env["STATESERVER_SERVER"] = server.address(); }

  // Exports into a folder that holds "out.json" with "old".
  RunResult Export(std::vector<std::string> more = {}) {
    scratch.Write("out.json", "old");
    std::vector<std::string> arguments = {"export", "-y", "-o", scratch / "out.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  void Send(CannedExport canned, grpc::Status status = grpc::Status::OK) {
    server.on_export = [canned, status](auto*, const auto&, auto* writer) {
      SendAll(canned, writer);
      return status;
    };
  }

  void ExpectUntouched(const RunResult& result, int exit_code, const std::string& sentence) {
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_NE(result.err.find(sentence), std::string::npos) << result.err;
    EXPECT_EQ(scratch.Read("out.json"), "old");
    EXPECT_EQ(scratch.Names(), std::vector<std::string>{"out.json"}) << "left behind";
  }

  FakeServer server;
  Scratch scratch;
  Runner run;
};

TEST_F(ExportTest, WritesTheFile) {
  RunResult result = Export();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(scratch.Read("out.json"), ExportedFile());
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("\n   Exporting snapshots "), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(" 100.0% • 2/2 • 0:00:00\n"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("State exported successfully to '" + (scratch / "out.json") + "'\n"),
            std::string::npos);
}

TEST_F(ExportTest, RequestHoldsEveryFlag) {
  pb::ExportRequest seen;
  server.on_export = [&seen](auto*, const pb::ExportRequest& request, auto* writer) {
    seen = request;
    SendAll(MakeExport(), writer);
    return grpc::Status::OK;
  };
  Export({"--environment", "dev_b", "--environment", "dev_a", "--restore-point", "rp",
          "--allow-newer", "--gateway", "g"});
  EXPECT_EQ(seen.gateway(), "g");
  EXPECT_EQ(seen.environments_size(), 2);
  EXPECT_EQ(seen.environments(0), "dev_b");
  EXPECT_EQ(seen.restore_point_id(), "rp");
  EXPECT_TRUE(seen.allow_newer());
}

TEST_F(ExportTest, Json) {
  RunResult result = Export({"--format", "json"});
  EXPECT_EQ(result.err, "");
  std::string size = std::to_string(ExportedFile().size());
  EXPECT_EQ(result.out.find("{\"file\":\"" + (scratch / "out.json") + "\",\"local\":false,"), 0u)
      << result.out;
  EXPECT_NE(result.out.find("\"snapshots\":2,\"environments\":1,"), std::string::npos);
  EXPECT_NE(result.out.find("\"bytes\":" + size + ","), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("\"state_token\":\"" + std::string(64, 'a') + "\""), std::string::npos);
}

TEST_F(ExportTest, Compact) {
  Export({"--compact"});
  EXPECT_EQ(scratch.Read("out.json").find("{\"metadata\":{\"timestamp\":\"2026"), 0u);
}

TEST_F(ExportTest, NotesAreShown) {
  CannedExport canned = MakeExport();
  auto* note = canned.messages.back().mutable_trailer()->add_notes();
  note->set_kind(pb::NOTE_KIND_DANGLING_REFERENCE);
  note->set_count(9);
  note->set_message("9 entries name snapshots that do not exist");
  for (int i = 0; i < 7; ++i) note->add_records("record" + std::to_string(i));
  Send(canned);
  RunResult result = Export();
  EXPECT_NE(result.err.find("[NOTE] 9 entries name snapshots that do not exist\n  record0\n"),
            std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("  record4\n  … and 4 more\n"), std::string::npos) << result.err;
}

TEST_F(ExportTest, WithoutTrailer) {
  CannedExport canned = MakeExport();
  canned.messages.pop_back();
  Send(canned);
  RunResult result = Export();
  ExpectUntouched(result, 1, "it ended without its trailer");
  EXPECT_NE(result.err.find("\nState export failed!\nError: "), std::string::npos) << result.err;
}

TEST_F(ExportTest, WrongChecksum) {
  CannedExport canned = MakeExport();
  canned.messages.back().mutable_trailer()->set_checksum(std::string(64, '0'));
  Send(canned);
  ExpectUntouched(Export(), 1, "its checksum does not match");
}

TEST_F(ExportTest, FlippedByte) {
  CannedExport canned = MakeExport();
  (*canned.messages[1].mutable_records()->mutable_records(0)->mutable_json())[10] = 'z';
  Send(canned);
  ExpectUntouched(Export(), 1, "its checksum does not match");
}

TEST_F(ExportTest, LostRecord) {
  CannedExport canned = MakeExport();
  canned.messages[1].mutable_records()->mutable_records()->DeleteSubrange(0, 1);
  Send(canned);
  ExpectUntouched(Export(), 1, "1 snapshots and 1 environments came, but 2 and 1 were sent");
}

TEST_F(ExportTest, OutOfOrder) {
  CannedExport headless = MakeExport();
  headless.messages.erase(headless.messages.begin());
  Send(headless);
  ExpectUntouched(Export(), 1, "does not begin with its header");

  CannedExport torn = MakeExport();
  torn.messages[2].mutable_records()->mutable_records()->DeleteSubrange(0, 1);
  Send(torn);
  ExpectUntouched(Export(), 1, "a record lacks its end");

  CannedExport swapped = MakeExport();
  swapped.messages[1].mutable_records()->mutable_records(0)->set_section(pb::SECTION_ENVIRONMENTS);
  Send(swapped);
  ExpectUntouched(Export(), 1, "sections are out of order");

  CannedExport endless = MakeExport();
  endless.messages.push_back(endless.messages[1]);
  Send(endless);
  ExpectUntouched(Export(), 1, "continues after its trailer");

  CannedExport twice = MakeExport();
  twice.messages.insert(twice.messages.begin(), twice.messages.front());
  Send(twice);
  ExpectUntouched(Export(), 1, "two headers");
}

TEST_F(ExportTest, RefusedByTheServer) {
  Send({}, Typed(Error(Reason::ENVIRONMENT_NOT_FOUND, "No environment named 'nope'.")));
  RunResult result = Export({"--environment", "nope"});
  ExpectUntouched(result, 1, "\nState export failed!\nError: No environment named 'nope'.\n");
  EXPECT_NE(result.err.find("\nEnvironment: nope\n"), std::string::npos) << result.err;
}

TEST_F(ExportTest, EndsInTheMiddle) {
  CannedExport canned = MakeExport();
  canned.messages.resize(2);
  Send(canned, grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed"));
  ExpectUntouched(Export(), 1, "was lost: Socket closed");
  Send(canned, Typed(Error(Reason::SHUTTING_DOWN, "the server is shutting down")));
  ExpectUntouched(Export(), 1, "the server is shutting down");
  Send({}, Typed(Error(Reason::SHUTTING_DOWN, "the server is shutting down")));
  ExpectUntouched(Export(), 3, "the server is shutting down");
}

TEST_F(ExportTest, ServerDiesInTheMiddle) {
  std::atomic<bool> sent = false;
  server.on_export = [&sent](grpc::ServerContext* context, const auto&, auto* writer) {
    CannedExport canned = MakeExport();
    canned.messages.resize(2);
    SendAll(canned, writer);
    sent = true;
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return grpc::Status::CANCELLED;
  };
  std::thread killer([&] {
    while (!sent) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    server.Stop();
  });
  RunResult result = Export();
  killer.join();
  ExpectUntouched(result, 1, "Error: ");
}

TEST_F(ExportTest, Interrupted) {
  server.on_export = [this](grpc::ServerContext* context, const auto&, auto* writer) {
    writer->Write(MakeExport().messages.front());
    run.interrupts.Raise();
    while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return grpc::Status::CANCELLED;
  };
  ExpectUntouched(Export(), 130, "Error: Interrupted.");
}

TEST_F(ExportTest, NoSuchFolder) {
  RunResult result = run({"export", "-y", "-o", scratch / "no/out.json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_NE(result.err.find(scratch / "no"), std::string::npos) << result.err;
  EXPECT_EQ(server.calls("Export"), 0);
  RunResult json = run({"export", "-y", "-o", scratch / "no/out.json", "--format", "json"});
  EXPECT_NE(json.err.find("\"reason\":\"OUTPUT_FAILED\""), std::string::npos) << json.err;
}

TEST_F(ExportTest, Prompt) {
  scratch.Write("out.json", "old");
  run.input = "n\n";
  RunResult no = run({"export", "-o", scratch / "out.json"});
  ExpectUntouched(no, 0, "\n\nContinue? [y/n]: \n");
  run.input = "";
  ExpectUntouched(run({"export", "-o", scratch / "out.json"}), 1,
                  "\nContinue? [y/n]: \nAborted!\n");
  run.input = "n\n";
  RunResult json = run({"export", "-o", scratch / "out.json", "--format", "json"});
  EXPECT_EQ(json.out, "{\"confirmed\":false}\n");
  EXPECT_EQ(server.calls("Export"), 0);
  run.input = "y\n";
  EXPECT_EQ(run({"export", "-o", scratch / "out.json"}).exit_code, 0);
  EXPECT_EQ(scratch.Read("out.json"), ExportedFile());
}

TEST_F(ExportTest, SlowFileDoesNotFillMemoryAndBigStreamsPass) {
  // 40 MiB of records: more than may be in flight.
  constexpr int kRecords = 160;
  std::string text = "{\"x\":\"" + std::string(256 << 10, 'x') + "\"}";
  server.on_export = [&text](auto*, const auto&, auto* writer) {
    CannedExport canned = MakeExport();
    canned.messages[0].mutable_header()->mutable_counts()->set_snapshots(kRecords);
    writer->Write(canned.messages[0]);
    Sha256 checksum;
    pb::ExportResponse message;
    auto* record = message.mutable_records()->add_records();
    record->set_section(pb::SECTION_SNAPSHOTS);
    record->set_json(text);
    for (int i = 0; i < kRecords; ++i) {
      writer->Write(message);
      checksum.Update(text);
      checksum.Update("\n");
    }
    auto* trailer = canned.messages.back().mutable_trailer();
    trailer->mutable_counts()->set_snapshots(kRecords);
    trailer->mutable_counts()->set_environments(0);
    trailer->set_checksum(checksum.FinishHex());
    writer->Write(canned.messages.back());
    return grpc::Status::OK;
  };
  RunResult result = Export({"--compact"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GT(scratch.Read("out.json").size(), text.size() * kRecords);
}

}  // namespace
}  // namespace stateserver::client
