// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/list_page.h"

#include <string>

#include "gmock/gmock.h"
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
  (*operation.mutable_details()->mutable_fields())["rows"].set_number_value(1);
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

TEST(CutTexts, LooksIntoStructs) {
  v1::AuditEvent event;
  auto& arguments = *event.mutable_arguments()->mutable_fields();
  arguments["file_timestamp"].set_string_value(std::string(100'000, '"'));
  arguments["mode"].set_string_value("merge");
  (*arguments["nested"].mutable_struct_value()->mutable_fields())["text"].set_string_value(
      std::string(100'000, 'x'));
  CutTexts(&event);
  const auto& cut = event.arguments().fields();
  EXPECT_THAT(cut.at("file_timestamp").string_value(), EndsWith("… (98976 bytes cut)"));
  EXPECT_EQ(cut.at("mode").string_value(), "merge");
  EXPECT_LT(cut.at("nested").ByteSizeLong(), 2000u);
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
    records[i].details_json = "{\"text\":\"" + std::string(60'000, 'x') + "\"}";
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

TEST(FillPage, EndsAtTheSizeOfThePage) {
  std::vector<operations::OperationRecord> records(5);
  v1::ListOperationsResponse page;
  EXPECT_EQ(
      FillPage(
          records, [](const auto& one) { return ToProto(one); }, page.mutable_operations(), 3),
      3u);
  EXPECT_EQ(page.operations_size(), 3);
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
