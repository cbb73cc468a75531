// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/client/hostile_server.h"

#include <algorithm>

#include "absl/status/status.h"
#include "common/error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/generic/async_generic_service.h"
#include "tests/unit/client/fake_server.h"

namespace stateserver::client {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;

const char kHostileText[] =
    "a\x1b]0;x\x07\x7f\rb\xc2\x9b"
    "31mc\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f";

namespace {

constexpr int kVariants = 12;  // at least the fields of the largest oneof
constexpr int kDepth = 6;

void Fill(Message* message, int variant, int depth);

void SetScalar(Message* message, const FieldDescriptor* field, int variant) {
  const Reflection& set = *message->GetReflection();
  bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? set.AddString(message, field, kHostileText)
                  : set.SetString(message, field, kHostileText);
    case FieldDescriptor::CPPTYPE_BOOL:
      return many ? set.AddBool(message, field, true) : set.SetBool(message, field, true);
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? set.AddInt32(message, field, 2) : set.SetInt32(message, field, 2);
    case FieldDescriptor::CPPTYPE_INT64:
      return many ? set.AddInt64(message, field, 2) : set.SetInt64(message, field, 2);
    case FieldDescriptor::CPPTYPE_UINT32:
      return many ? set.AddUInt32(message, field, 2) : set.SetUInt32(message, field, 2);
    case FieldDescriptor::CPPTYPE_UINT64:
      return many ? set.AddUInt64(message, field, 2) : set.SetUInt64(message, field, 2);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return many ? set.AddDouble(message, field, 2) : set.SetDouble(message, field, 2);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return many ? set.AddFloat(message, field, 2) : set.SetFloat(message, field, 2);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* type = field->enum_type();
      // Not the first, which is UNSPECIFIED.
      int at = 1 + variant % std::max(1, type->value_count() - 1);
      const auto* value = type->value(std::min(at, type->value_count() - 1));
      return many ? set.AddEnum(message, field, value) : set.SetEnum(message, field, value);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

void Fill(Message* message, int variant, int depth) {
  const Descriptor* type = message->GetDescriptor();
  const Reflection& set = *message->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    // A client follows pages to their end.
    if (field->name() == "next_page_token") continue;
    const auto* oneof = field->real_containing_oneof();
    if (oneof != nullptr && oneof->field(variant % oneof->field_count()) != field) continue;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      SetScalar(message, field, variant);
    } else if (depth < kDepth) {
      Message* inner = field->is_repeated() ? set.AddMessage(message, field)
                                            : set.MutableMessage(message, field);
      Fill(inner, variant, depth + 1);
    }
  }
}

grpc::Status HostileError() {
  return Typed(Error(Reason::ARGUMENT_INVALID, kHostileText, kHostileText,
                     {{"operation", kHostileText}, {"environment", kHostileText}}));
}

}  // namespace

// Answers one call after the first message of the request.
class HostileServer::Reactor : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(std::vector<std::string> messages, bool fail)
      : messages_(std::move(messages)), fail_(fail) {
    StartRead(&request_);
  }

  void OnReadDone(bool) override { Next(); }
  void OnWriteDone(bool ok) override {
    if (ok) return Next();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (fail_) return Finish(HostileError());
    if (at_ == messages_.size()) return Finish(grpc::Status::OK);
    grpc::Slice slice(messages_[at_++]);
    response_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&response_);
  }

  const std::vector<std::string> messages_;
  const bool fail_;
  size_t at_ = 0;
  grpc::ByteBuffer request_, response_;
};

class HostileServer::Service : public grpc::CallbackGenericService {
 public:
  explicit Service(HostileServer& owner) : owner_(owner) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(owner_.MessagesOf(context->method()), owner_.fails());
  }

 private:
  HostileServer& owner_;
};

HostileServer::HostileServer() : service_(std::make_unique<Service>(*this)) {
  grpc::EnableDefaultHealthCheckService(false);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterCallbackGenericService(service_.get());
  server_ = builder.BuildAndStart();
}

HostileServer::~HostileServer() { server_->Shutdown(std::chrono::system_clock::now()); }

void HostileServer::FailCalls(bool fail) {
  std::lock_guard lock(mutex_);
  fail_ = fail;
}

bool HostileServer::fails() {
  std::lock_guard lock(mutex_);
  return fail_;
}

void HostileServer::Answer(const std::string& method, const std::vector<const Message*>& messages) {
  std::vector<std::string> texts;
  for (const Message* message : messages) texts.push_back(message->SerializeAsString());
  std::lock_guard lock(mutex_);
  answers_[method] = std::move(texts);
}

std::vector<std::string> HostileServer::MessagesOf(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  {
    std::lock_guard lock(mutex_);
    if (auto found = answers_.find(name); found != answers_.end()) return found->second;
  }
  std::string full = path.substr(1);
  std::replace(full.begin(), full.end(), '/', '.');
  const auto* method = DescriptorPool::generated_pool()->FindMethodByName(full);
  if (method == nullptr) return {std::string("\x08\x01")};  // of health: SERVING
  const Message* prototype =
      MessageFactory::generated_factory()->GetPrototype(method->output_type());
  std::vector<std::string> texts;
  // The last variant has no operation that is still running.
  for (int variant = method->server_streaming() ? 0 : kVariants - 1; variant < kVariants;
       ++variant) {
    std::unique_ptr<Message> message(prototype->New());
    Fill(message.get(), variant, 0);
    texts.push_back(message->SerializeAsString());
  }
  return texts;
}

}  // namespace stateserver::client
