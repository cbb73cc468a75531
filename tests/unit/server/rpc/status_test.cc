// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/status.h"

#include <set>
#include <string>

#include "common/error.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "stateserver/v1/common.pb.h"

namespace stateserver::rpc {
namespace {

using testing::HasSubstr;

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename T>
bool Find(const google::rpc::Status& status, T* found) {
  for (const auto& detail : status.details()) {
    if (detail.UnpackTo(found)) return true;
  }
  return false;
}

size_t EncodedSize(const grpc::Status& status) {
  size_t size = (status.error_details().size() + 2) / 3 * 4;
  for (char c : status.error_message()) size += (c >= ' ' && c <= '~' && c != '%') ? 1 : 3;
  return size;
}

TEST(ReasonList, IsTheProtocolsEnum) {
  const std::string prefix = "ERROR_REASON_";
  std::set<std::string> of_protocol;
  const auto* descriptor = v1::ErrorReason_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    std::string name = descriptor->value(i)->name();
    ASSERT_EQ(name.rfind(prefix, 0), 0u) << name;
    if (descriptor->value(i)->number() != 0) of_protocol.insert(name.substr(prefix.size()));
  }
  std::set<std::string> of_code;
#define X(name, code) of_code.insert(std::string(ReasonName(Reason::name)));
  STATESERVER_REASONS(X)
#undef X
  EXPECT_EQ(of_code, of_protocol);
}

TEST(ToGrpcStatus, OkHasNothing) {
  grpc::Status status = ToGrpcStatus(absl::OkStatus());
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.error_details(), "");
}

TEST(ToGrpcStatus, CarriesReasonFactsHintAndTrace) {
  grpc::Status status =
      ToGrpcStatus(Error(Reason::LOCK_TIMEOUT, "Another session holds the lock.", "Wait for it.",
                         {{"holder", "pid 12"}, {"operation", "abc"}}),
                   "00ff");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "Another session holds the lock.");
  google::rpc::Status details = Details(status);
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(Find(details, &info));
  EXPECT_EQ(info.reason(), "LOCK_TIMEOUT");
  EXPECT_EQ(info.domain(), "stateserver");
  EXPECT_EQ(info.metadata().at("holder"), "pid 12");
  EXPECT_EQ(info.metadata().at("operation"), "abc");
  EXPECT_EQ(info.metadata().at("hint"), "Wait for it.");
  EXPECT_EQ(info.metadata().at("trace_id"), "00ff");
  google::rpc::Help help;
  ASSERT_TRUE(Find(details, &help));
  EXPECT_EQ(help.links(0).description(), "Wait for it.");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(Find(details, &retry));
  EXPECT_GT(retry.retry_delay().seconds(), 0);
}

TEST(ToGrpcStatus, NamesTheFieldOfABadRequest) {
  google::rpc::Status details = Details(ToGrpcStatus(Error(
      Reason::ARGUMENT_INVALID, "page_size is 9999, at most 1000.", "", {{"field", "page_size"}})));
  google::rpc::BadRequest bad;
  ASSERT_TRUE(Find(details, &bad));
  EXPECT_EQ(bad.field_violations(0).field(), "page_size");
  EXPECT_THAT(bad.field_violations(0).description(), HasSubstr("9999"));
  google::rpc::RetryInfo retry;
  EXPECT_FALSE(Find(details, &retry));
  google::rpc::Help help;
  EXPECT_FALSE(Find(details, &help));
}

TEST(ToGrpcStatus, EveryReasonGoesWithItsCode) {
#define X(name, code)                                                              \
  EXPECT_EQ(static_cast<int>(ToGrpcStatus(Error(Reason::name, "m")).error_code()), \
            static_cast<int>(absl::StatusCode::code))                              \
      << #name;
  STATESERVER_REASONS(X)
#undef X
}

TEST(ToGrpcStatus, AStatusOfALibraryIsInternal) {
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(Find(Details(ToGrpcStatus(absl::DataLossError("x"))), &info));
  EXPECT_EQ(info.reason(), "INTERNAL");
}

TEST(ToGrpcStatus, StaysSmallHoweverMuchThereIsToSay) {
  const std::string name(20000, 'n');
  grpc::Status status =
      ToGrpcStatus(Error(Reason::RECORD_INVALID, "The record " + name + " is wrong.",
                         std::string(9000, 'h'), {{"record", name}, {"field", name}, {"a", "b"}}));
  EXPECT_LE(EncodedSize(status), kMaxErrorBytes);
  EXPECT_THAT(status.error_message(), HasSubstr("The record nnnn"));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(Find(Details(status), &info));
  EXPECT_EQ(info.reason(), "RECORD_INVALID");
  EXPECT_EQ(info.metadata().at("a"), "b");
  EXPECT_THAT(info.metadata().at("record"), HasSubstr("nnnn"));
  EXPECT_THAT(info.metadata().at("record"), testing::EndsWith("…"));
}

TEST(ToGrpcStatus, StaysSmallWithTextThatTriplesWhenEncoded) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text.append("é");
  Facts facts;
  for (int i = 0; i < 500; ++i) facts["fact" + std::to_string(i)] = text;
  grpc::Status status = ToGrpcStatus(Error(Reason::INTERNAL, text, text, facts));
  EXPECT_LE(EncodedSize(status), kMaxErrorBytes);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(Find(Details(status), &info));
  EXPECT_EQ(info.reason(), "INTERNAL");
}

TEST(ToGrpcStatus, RepairsTextThatIsNoUtf8) {
  grpc::Status status =
      ToGrpcStatus(Error(Reason::FILE_MALFORMED, "bad \xff", "hint \xc3", {{"record", "r\x80"}}));
  EXPECT_EQ(status.error_message(), "bad \xEF\xBF\xBD");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(Find(Details(status), &info));
  EXPECT_EQ(info.metadata().at("record"), "r\xEF\xBF\xBD");
  EXPECT_EQ(info.metadata().at("hint"), "hint \xEF\xBF\xBD");
}

}  // namespace
}  // namespace stateserver::rpc
