// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/server.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>

#include "gmock/gmock.h"
#include "google/protobuf/unknown_field_set.h"
#include "grpcpp/generic/generic_stub.h"
#include "server/rpc/reflection.h"
#include "tests/unit/server/rpc/rpc_fixture.h"

namespace stateserver::rpc {
namespace {

using testing::HasSubstr;

using ServerTest = RpcTest;

ServerOptions ListenOn(const std::string& address) {
  ServerOptions options;
  options.listen = address;
  return options;
}

std::string WhyNot(const std::string& address, grpc::Service* service,
                   const ServerSurroundings& surroundings) {
  auto server = Server::Start(ListenOn(address), {service}, surroundings);
  return server.ok() ? "listens" : std::string(server.status().message());
}

TEST_F(ServerTest, TakesAFreePortAndSaysWhich) {
  StartServer();
  EXPECT_GT(server_->bound_port(), 0);
  EXPECT_EQ(server_->address(), "127.0.0.1:" + std::to_string(server_->bound_port()));
  EXPECT_TRUE(Call().ok());
}

TEST_F(ServerTest, APortInUseIsNotShared) {
  StartServer();
  EXPECT_EQ(WhyNot(server_->address(), &service_, surroundings_),
            "Cannot listen on " + server_->address() + ": Address already in use.");
}

TEST_F(ServerTest, ImpossibleAddressesAreNamed) {
  EXPECT_THAT(WhyNot("127.0.0.1", &service_, surroundings_), HasSubstr("it is not HOST:PORT"));
  EXPECT_THAT(WhyNot("127.0.0.1:99999", &service_, surroundings_), HasSubstr("up to 65535"));
  EXPECT_THAT(WhyNot("203.0.113.7:7433", &service_, surroundings_),
              HasSubstr("Cannot assign requested address"));
}

TEST_F(ServerTest, AUnixSocketIsNotTakenFromALiveServer) {
  std::string path = testing::TempDir() + "s" + std::to_string(getpid()) + ".sock";
  StartServer(ListenOn("unix:" + path));
  EXPECT_EQ(server_->bound_port(), 0);
  EXPECT_EQ(server_->address(), "unix:" + path);
  EXPECT_TRUE(Call().ok());
  EXPECT_THAT(LogLines()[0], HasSubstr(R"("principal":"unix")"));
  EXPECT_THAT(WhyNot("unix:" + path, &service_, surroundings_),
              HasSubstr("another process listens there"));
  EXPECT_TRUE(Call().ok());
  server_.reset();
  std::filesystem::remove(path);
  EXPECT_THAT(WhyNot("unix:/nonexistent/s.sock", &service_, surroundings_),
              HasSubstr("No such file"));
  EXPECT_THAT(WhyNot("unix:/" + std::string(200, 'x'), &service_, surroundings_),
              HasSubstr("107 bytes"));
}

// The numbers of the fields of the reflection service's answer: 4 holds file
// descriptors, 7 an error; or the negative code of a failed call. Its proto is not installed, so
// this speaks bytes.
std::set<int> Reflect(std::shared_ptr<grpc::Channel> channel, const std::string& symbol) {
  constexpr char kFileContainingSymbol = 0x22;
  std::string request = {kFileContainingSymbol, static_cast<char>(symbol.size())};
  request.append(symbol);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  auto done = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  auto stream = grpc::GenericStub(channel).PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  stream->StartCall(nullptr);
  EXPECT_TRUE(done());
  grpc::Slice slice(request);
  stream->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
  // Not ok where the server refused the call before this arrived.
  const bool written = done();
  grpc::ByteBuffer answer;
  grpc::Status status;
  if (written) stream->Read(&answer, nullptr);
  if (!written || !done()) {
    stream->Finish(&status, nullptr);
    EXPECT_TRUE(done());
    return {-static_cast<int>(status.error_code())};
  }
  grpc::Slice bytes;
  EXPECT_TRUE(answer.DumpToSingleSlice(&bytes).ok());
  google::protobuf::UnknownFieldSet fields;
  EXPECT_TRUE(fields.ParseFromArray(bytes.begin(), static_cast<int>(bytes.size())));
  std::set<int> numbers;
  for (int i = 0; i < fields.field_count(); ++i) numbers.insert(fields.field(i).number());
  stream->Finish(&status, nullptr);
  EXPECT_TRUE(done());
  return numbers;
}

TEST_F(ServerTest, ReflectionKnowsEveryServiceHealthIncluded) {
  reflection_ = ReflectionServices(environment_, {"stateserver.v1.StateService"});
  StartServer();
  using testing::Contains;
  EXPECT_THAT(Reflect(Channel(), "stateserver.v1.StateService"), Contains(4));
  EXPECT_THAT(Reflect(Channel(), "grpc.health.v1.Health"), Contains(4));
  EXPECT_THAT(Reflect(Channel(), "no.such.Service"), Contains(7));
}

TEST_F(ServerTest, ReflectionCanBeOff) {
  StartServer();
  EXPECT_EQ(Reflect(Channel(), "stateserver.v1.StateService"),
            std::set<int>{-static_cast<int>(grpc::StatusCode::UNIMPLEMENTED)});
  EXPECT_TRUE(Call().ok());
}

TEST_F(ServerTest, AMessageOverTheLimitIsRefused) {
  ServerOptions options = ListenOn("127.0.0.1:0");
  options.max_message_bytes = 1 << 10;
  StartServer(options);
  v1::GetVersionsRequest request;
  request.set_gateway(std::string(2 << 10, 'g'));
  grpc::ClientContext context;
  v1::GetVersionsResponse response;
  grpc::Status status =
      v1::StateService::NewStub(Channel())->GetVersions(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, ShutdownCancelsWhatIsStillRunning) {
  StartServer();
  std::atomic<bool> started = false;
  std::atomic<bool> ended = false;
  service_.export_body = [&](CallContext& call, CallNotes&) {
    started = true;
    while (call.Check().ok()) absl::SleepFor(absl::Milliseconds(1));
    ended = true;
    return call.Check();
  };
  grpc::ClientContext context;
  Handover handover;
  auto stream = v1::StateService::NewStub(Channel())->Export(&context, v1::ExportRequest());
  ASSERT_TRUE(Eventually([&] { return started.load(); }));
  server_->Shutdown(absl::Milliseconds(10));
  EXPECT_TRUE(ended);
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace stateserver::rpc
