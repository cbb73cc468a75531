// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/incoming_records.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "tests/unit/server/platform/postgres/helpers.h"

namespace stateserver::transfer {
namespace {

// Keeps what it receives as texts.
class Receiver : public RecordReceiver {
 public:
  absl::Status OnSnapshot(std::string_view json, std::string_view claimed_identifier) override {
    bytes += json.size();
    received.push_back(Cat("S ", claimed_identifier, " ", json.substr(0, 20)));
    return failure;
  }
  absl::Status OnEnvironmentBegin(std::string_view name) override {
    received.push_back(Cat("E ", name));
    return absl::OkStatus();
  }
  absl::Status OnEnvironmentPiece(std::string_view json) override {
    received.emplace_back(json);
    return absl::OkStatus();
  }
  absl::Status OnEnvironmentEnd() override {
    received.emplace_back("end");
    return absl::OkStatus();
  }

  std::vector<std::string> received;
  size_t bytes = 0;
  absl::Status failure;
};

class IncomingRecordsTest : public ::testing::Test {
 protected:
  absl::Status Snapshot(std::string_view json, bool continued = false) {
    return records_.Add({Section::kSnapshots, "", "7", json, continued});
  }
  absl::Status Environment(std::string_view json, bool continued = false,
                           std::string_view name = "dev") {
    return records_.Add({Section::kEnvironments, name, "", json, continued});
  }

  Receiver receiver_;
  IncomingRecords records_{receiver_};
};

TEST_F(IncomingRecordsTest, AssemblesSnapshotsAndPassesEnvironmentsOn) {
  ASSERT_OK(Snapshot("{1}"));
  ASSERT_OK(Snapshot("{2", true));
  ASSERT_OK(Snapshot("", true));
  ASSERT_OK(Snapshot("}"));
  ASSERT_OK(Environment("{3", true));
  ASSERT_OK(Environment("}"));
  EXPECT_EQ(receiver_.received,
            (std::vector<std::string>{"S 7 {1}", "S 7 {2}", "E dev", "{3", "}", "end"}));
  EXPECT_EQ(records_.counts().snapshots, 2);
  EXPECT_EQ(records_.counts().environments, 1);
  std::string checksum = Sha256::Hex("{1}\n{2}\n{3}\n");
  ASSERT_OK(records_.CheckTotals({2, 1, checksum}));
  EXPECT_EQ(records_.checksum(), checksum);
}

TEST_F(IncomingRecordsTest, AnEmptyFirstPartBeginsARecord) {
  ASSERT_OK(Snapshot("", true));
  EXPECT_REASON(STREAM_OUT_OF_ORDER, Environment("{}"));
}

TEST_F(IncomingRecordsTest, RefusesRecordsThatInterruptOthers) {
  ASSERT_OK(Environment("{", true));
  absl::Status status = Snapshot("{}");
  EXPECT_REASON(STREAM_OUT_OF_ORDER, status);
  EXPECT_NE(MessageOf(status).find("interrupted by a snapshot"), std::string::npos);
}

TEST_F(IncomingRecordsTest, RefusesLongParts) {
  EXPECT_REASON(RECORD_TOO_LARGE, Snapshot(std::string(kMaxPartBytes + 1, ' ')));
}

TEST_F(IncomingRecordsTest, RefusesLongSnapshots) {
  const std::string part(kMaxPartBytes, ' ');
  const size_t fitting = (size_t{256} << 20) / kMaxPartBytes;
  ASSERT_OK(Snapshot("{}"));
  for (size_t i = 1; i < fitting; ++i) ASSERT_OK(Snapshot(part, true));
  ASSERT_OK(Snapshot(part));
  EXPECT_EQ(receiver_.bytes, fitting * kMaxPartBytes + 2);
  for (size_t i = 0; i < fitting; ++i) ASSERT_OK(Snapshot(part, true));
  absl::Status status = Snapshot(" ");
  EXPECT_REASON(RECORD_TOO_LARGE, status);
  EXPECT_NE(MessageOf(status).find("snapshots[2] is longer than 256 MiB"), std::string::npos);
}

TEST_F(IncomingRecordsTest, RequiresTheNameOfAnEnvironment) {
  EXPECT_REASON(ARGUMENT_INVALID, Environment("{}", false, ""));
}

TEST_F(IncomingRecordsTest, ComparesTheTotals) {
  ASSERT_OK(Snapshot("{}"));
  EXPECT_REASON(CHECKSUM_MISMATCH, records_.CheckTotals({2, 0, ""}));
  EXPECT_REASON(CHECKSUM_MISMATCH, records_.CheckTotals({1, 0, ""}));
}

TEST_F(IncomingRecordsTest, ATruncatedRecordIsNoTotal) {
  ASSERT_OK(Snapshot("{", true));
  EXPECT_REASON(FILE_TRUNCATED, records_.CheckTotals({1, 0, ""}));
}

TEST_F(IncomingRecordsTest, NamesTheSnapshotOfAnError) {
  ASSERT_OK(Snapshot("{}"));
  receiver_.failure = Error(Reason::RECORD_INVALID, "Wrong", "", {{"record", "db.a"}});
  absl::Status status = records_.OfSnapshot(Snapshot("{}"));
  EXPECT_EQ(MessageOf(status), "Wrong (snapshots[1]: db.a)");
  EXPECT_EQ(FactsOf(status)["path"], "snapshots[1]");
}

}  // namespace
}  // namespace stateserver::transfer
