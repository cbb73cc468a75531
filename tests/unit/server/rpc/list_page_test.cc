// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/list_page.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "server/rpc/operations/convert.h"
#include "server/rpc/sqlmesh/convert.h"

namespace stateserver::rpc {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(CutTexts, LeavesWhatThisServerWritesAlone) {
  v1::Operation operation;
  operation.set_error(std::string(kEntryTextBytes, 'e'));
  operation.set_details_json("{}");
  v1::Operation before = operation;
  CutTexts(&operation);
  EXPECT_EQ(operation.SerializeAsString(), before.SerializeAsString());
}

TEST(CutTexts, SaysHowMuchIsMissing) {
  v1::AuditEvent event;
  event.set_error(std::string(1023, 'e') + "é" + std::string(100'000, 'e'));
  event.set_principal("token:anna");
  CutTexts(&event);
  EXPECT_THAT(event.error(), StartsWith(std::string(1023, 'e') + "…"));
  EXPECT_THAT(event.error(), EndsWith("… (100002 bytes cut)")) << "no character is cut in two";
  EXPECT_EQ(event.principal(), "token:anna");
}

TEST(CutTexts, JsonStaysJson) {
  v1::AuditEvent event;
  event.set_arguments_json("{\"file_timestamp\":\"" + std::string(100'000, '"') + "\"}");
  CutTexts(&event);
  google::protobuf::Struct object;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(event.arguments_json(), &object).ok());
  EXPECT_EQ(object.fields().at("cut_bytes").number_value(), 100'021);
  EXPECT_EQ(object.fields().at("begin").string_value().size(), 1024u);
}

TEST(CutTexts, LooksIntoMessagesWithin) {
  v1::RestorePoint point;
  point.mutable_versions()->set_sqlmesh_version(std::string(3'900'000, '9'));
  CutTexts(&point);
  EXPECT_LT(point.ByteSizeLong(), 2000u);
}

TEST(FillPage, EndsBeforeAMebibyteAndLosesNothing) {
  std::vector<operations::OperationRecord> records(100);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i].id = std::to_string(i);
    records[i].details_json = std::string(60'000, ' ');
  }
  size_t at = 0;
  while (at < records.size()) {
    v1::ListOperationsResponse page;
    size_t listed = FillPage(
        std::vector(records.begin() + static_cast<ptrdiff_t>(at), records.end()),
        [](const auto& one) { return ToProto(one); }, page.mutable_operations());
    ASSERT_GE(listed, 1u);
    EXPECT_LT(page.ByteSizeLong(), size_t{1} << 20);
    EXPECT_EQ(page.operations(0).id(), std::to_string(at));
    at += listed;
  }
  EXPECT_EQ(at, records.size());
}

TEST(FillPage, OneEntryAlwaysFits) {
  std::vector<store::EnvironmentSummary> environments(1);
  environments[0].row.name = std::string(3'900'000, 'n');
  v1::ListEnvironmentsResponse page;
  EXPECT_EQ(
      FillPage(
          environments, [](const auto& one) { return ToProto(one); }, page.mutable_environments()),
      1u);
  EXPECT_LT(page.ByteSizeLong(), 2000u);
}

}  // namespace
}  // namespace stateserver::rpc
