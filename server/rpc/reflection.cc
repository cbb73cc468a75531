// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/reflection.h"

#include <set>
#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace stateserver::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// The numeric value of gRPC's status code.
constexpr int kNotFound = 5;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

// Returns the file, followed by its imports, each once.
template <typename Response>
void AddFile(const FileDescriptor* file, std::set<const FileDescriptor*>* seen,
             Response* response) {
  if (!seen->insert(file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  response->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i), seen, response);
}

template <typename Response>
void AnswerFile(const FileDescriptor* file, const std::string& asked, Response* response) {
  if (file == nullptr) {
    response->mutable_error_response()->set_error_code(kNotFound);
    response->mutable_error_response()->set_error_message("'" + asked + "' is not known here");
    return;
  }
  std::set<const FileDescriptor*> seen;
  AddFile(file, &seen, response->mutable_file_descriptor_response());
}

template <typename Response>
void AnswerExtensions(const std::string& type, Response* response) {
  const Descriptor* descriptor = Pool().FindMessageTypeByName(type);
  if (descriptor == nullptr) return AnswerFile(nullptr, type, response);
  std::vector<const google::protobuf::FieldDescriptor*> extensions;
  Pool().FindAllExtensions(descriptor, &extensions);
  auto* answer = response->mutable_all_extension_numbers_response();
  answer->set_base_type_name(type);
  for (const auto* extension : extensions) answer->add_extension_number(extension->number());
}

const FileDescriptor* FileOfExtension(const std::string& type, int number) {
  const Descriptor* descriptor = Pool().FindMessageTypeByName(type);
  if (descriptor == nullptr) return nullptr;
  const auto* extension = Pool().FindExtensionByNumber(descriptor, number);
  return extension == nullptr ? nullptr : extension->file();
}

template <typename Request, typename Response>
void ReflectOn(const Request& request, const std::vector<std::string>& names, Response* response) {
  response->set_valid_host(request.host());
  *response->mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      return AnswerFile(Pool().FindFileByName(request.file_by_filename()),
                        request.file_by_filename(), response);
    case Request::kFileContainingSymbol:
      return AnswerFile(Pool().FindFileContainingSymbol(request.file_containing_symbol()),
                        request.file_containing_symbol(), response);
    case Request::kFileContainingExtension: {
      const auto& extension = request.file_containing_extension();
      return AnswerFile(FileOfExtension(extension.containing_type(), extension.extension_number()),
                        extension.containing_type(), response);
    }
    case Request::kAllExtensionNumbersOfType:
      return AnswerExtensions(request.all_extension_numbers_of_type(), response);
    case Request::kListServices: {
      auto* list = response->mutable_list_services_response();
      for (const std::string& name : names) list->add_service()->set_name(name);
      return;
    }
    default:
      return AnswerFile(nullptr, "", response);
  }
}

template <typename Api, typename Request, typename Response>
class Reflection final : public Api::Service {
 public:
  Reflection(const RpcEnvironment& environment, std::vector<std::string> names)
      : environment_(environment), names_(std::move(names)) {}

  grpc::Status ServerReflectionInfo(grpc::ServerContext* context,
                                    grpc::ServerReaderWriter<Response, Request>* stream) override {
    return RunCall(context, "ServerReflectionInfo", environment_,
                   [&](CallContext&, CallNotes& notes) -> absl::Status {
                     Request request;
                     while (true) {
                       ASSIGN_OR_RETURN(bool more, Receive(stream, &request, notes));
                       if (!more) break;
                       Response response;
                       ReflectOn(request, names_, &response);
                       if (!Deliver(stream, response, notes)) break;
                     }
                     return absl::OkStatus();
                   });
  }

 private:
  const RpcEnvironment& environment_;
  const std::vector<std::string> names_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> ReflectionServices(const RpcEnvironment& environment,
                                                               std::vector<std::string> names) {
  namespace v1 = grpc::reflection::v1;
  namespace v1alpha = grpc::reflection::v1alpha;
  names.insert(names.end(), {"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                             "grpc.reflection.v1alpha.ServerReflection"});
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(
      std::make_unique<Reflection<v1::ServerReflection, v1::ServerReflectionRequest,
                                  v1::ServerReflectionResponse>>(environment, names));
  services.push_back(
      std::make_unique<Reflection<v1alpha::ServerReflection, v1alpha::ServerReflectionRequest,
                                  v1alpha::ServerReflectionResponse>>(environment, names));
  return services;
}

}  // namespace stateserver::rpc
