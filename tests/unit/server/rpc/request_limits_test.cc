// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/request_limits.h"

#include <string>

#include "common/error.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "stateserver/v1/maintenance.pb.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/revisions.pb.h"
#include "stateserver/v1/schema.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kHuge(3'900'000, 'g');

TEST(RequestLimits, EveryFieldOfEveryRequestHasOne) { EXPECT_THAT(FieldsOutOfTable(), IsEmpty()); }

// Calls `check` with a fresh `root` for each text field in it; `at` leads to the message of the
// field within a root.
template <typename Check>
void ForEachText(const Message& root, std::vector<const FieldDescriptor*> path,
                 const google::protobuf::Descriptor* type, const Check& check) {
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    path.push_back(field);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ForEachText(root, path, field->message_type(), check);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      check(path);
    }
    path.pop_back();
  }
}

void SetText(Message* message, const std::vector<const FieldDescriptor*>& path,
             const std::string& text) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const auto& reflection = *message->GetReflection();
    message = path[i]->is_repeated() ? reflection.AddMessage(message, path[i])
                                     : reflection.MutableMessage(message, path[i]);
  }
  if (path.back()->is_repeated()) {
    message->GetReflection()->AddString(message, path.back(), text);
  } else {
    message->GetReflection()->SetString(message, path.back(), text);
  }
}

TEST(RequestLimits, NoFieldOfAnyRequestTakesMegabytesOrNul) {
  int fields = 0;
  for (const auto* file :
       {v1::ImportRequest::descriptor()->file(), v1::RestoreRequest::descriptor()->file(),
        v1::CompactRequest::descriptor()->file(), v1::DiffRequest::descriptor()->file(),
        v1::StampRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* type = file->service(s)->method(m)->input_type();
        const Message* root =
            google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
        ForEachText(*root, {}, type, [&](const std::vector<const FieldDescriptor*>& path) {
          if (path.back()->full_name() == "stateserver.v1.Record.json") return;
          ++fields;
          std::unique_ptr<Message> request(root->New());
          EXPECT_TRUE(CheckRequest(*request).ok());
          SetText(request.get(), path, kHuge);
          absl::Status status = CheckRequest(*request);
          EXPECT_EQ(ReasonOf(status), Reason::ARGUMENT_INVALID) << path.back()->full_name();
          EXPECT_EQ(WhyRefused(status), "too_large");
          EXPECT_LT(status.message().size(), 300u) << "the value is not repeated";
          EXPECT_THAT(std::string(MessageOf(status)),
                      testing::AllOf(HasSubstr(path.back()->name()), HasSubstr("3900000")));
          request.reset(root->New());
          SetText(request.get(), path, std::string("a\0b", 3));
          EXPECT_EQ(WhyRefused(CheckRequest(*request)), "not_text") << path.back()->full_name();
        });
      }
    }
  }
  EXPECT_GT(fields, 90);
}

TEST(RequestLimits, NamesTheFieldAsTheCallerKnowsIt) {
  v1::ImportRequest request;
  request.mutable_begin()->mutable_versions()->set_sqlmesh_version(kHuge);
  absl::Status status = CheckRequest(request);
  EXPECT_EQ(MessageOf(status),
            "Field 'begin.versions.sqlmesh_version' has 3900000 bytes; the limit is 128.");
  EXPECT_EQ(FactsOf(status)["field"], "begin.versions.sqlmesh_version");
}

TEST(RequestLimits, CountsValues) {
  v1::ExportRequest request;
  for (int i = 0; i < 10'000; ++i) request.add_environments("dev");
  EXPECT_TRUE(CheckRequest(request).ok());
  request.add_environments("dev");
  EXPECT_THAT(std::string(MessageOf(CheckRequest(request))),
              HasSubstr("'environments' has 10001 values"));
}

TEST(RequestLimits, RecordsKeepTheirOwnLimitForJson) {
  v1::ImportRequest request;
  v1::Record* record = request.mutable_records()->add_records();
  record->set_json(kHuge);
  record->set_name("\"a\".\"b\"");
  EXPECT_TRUE(CheckRequest(request).ok());
  record->set_identifier(kHuge);
  EXPECT_EQ(FactsOf(CheckRequest(request))["field"], "records.records.identifier");
}

TEST(RequestLimits, OtherErrorsAreNotTakenForIts) {
  EXPECT_EQ(WhyRefused(absl::OkStatus()), "");
  EXPECT_EQ(WhyRefused(Error(Reason::ARGUMENT_INVALID, "x", "", {{"field", "y"}})), "");
}

}  // namespace
}  // namespace stateserver::rpc
