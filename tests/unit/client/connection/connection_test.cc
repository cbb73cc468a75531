// SPDX-License-Identifier: Apache-2.0
//
// Reaching the server, and saying why not.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "client/errors.h"
#include "common/error.h"
#include "grpcpp/security/server_credentials.h"
#include "tests/unit/client/certificates.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

// A port that accepts and does what `serve` says with the connection.
class RawServer {
 public:
  explicit RawServer(bool answer_garbage) : garbage_(answer_garbage) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(fd_, 16);
    socklen_t size = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~RawServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void Serve() {
    for (int client; (client = accept(fd_, nullptr, nullptr)) >= 0;) {
      if (garbage_) {
        [[maybe_unused]] ssize_t sent = send(client, "HTTP/1.1 400 Bad\r\n\r\n", 20, MSG_NOSIGNAL);
      }
      close(client);
    }
  }
  bool garbage_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

RunResult Versions(const std::string& server, std::vector<std::string> more = {}) {
  Runner run;
  std::vector<std::string> arguments = {"--server", server, "versions"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

void ExpectError(const RunResult& result, int exit_code, const std::string& sentence) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_NE(result.err.find(sentence), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(ReachTest, NobodyThere) {
  RunResult result = Versions("127.0.0.1:1");
  ExpectError(result, 3, "Cannot reach the server at 127.0.0.1:1: Connection refused.");
  ExpectError(result, 3, "--server");
}

TEST(ReachTest, UnknownHost) {
  ExpectError(Versions("no-such-host.invalid:7433"), 3, "the host is not known");
}

TEST(ReachTest, NoGrpcServer) {
  RawServer silent(false), garbage(true);
  EXPECT_NE(Versions(silent.address()).exit_code, 0);
  EXPECT_NE(Versions(garbage.address()).exit_code, 0);
}

TEST(ReachTest, Answers) {
  FakeServer server;
  RunResult result = Versions(server.address());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("SQLMesh version:            0.236.4"), std::string::npos)
      << result.out;
  EXPECT_EQ(result.err, "");
}

TEST(ReachTest, AProxyOfTheEnvironmentIsNotTheWay) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  FakeServer server;
  EXPECT_EQ(Versions(server.address()).exit_code, 0);
  unsetenv("http_proxy");
}

TEST(AuthTest, TokenGoesAlong) {
  FakeServer server;
  Scratch scratch;
  EXPECT_EQ(Versions(server.address(), {"--token-file", scratch.Write("t", "s3cret\n")}).exit_code,
            0);
  EXPECT_EQ(server.authorizations(), std::vector<std::string>{"Bearer s3cret"});
}

TEST(AuthTest, ATokenIsNotSentInPlainTextToAnotherMachine) {
  Scratch scratch;
  const std::string token = scratch.Write("t", "s3cret\n");
  for (const char* server : {"192.0.2.1:7433", "db.example.com:7433", "dns:///db.example.com:7433",
                             "dns://192.0.2.1/localhost:7433", "[2001:db8::1]:7433",
                             "ipv4:127.0.0.1:1,192.0.2.1:1", "127.example.com:7433", "0.0.0.0:7433",
                             "passthrough:///127.0.0.1:1", "localhost.example:1"}) {
    RunResult result = Versions(server, {"--token-file", token});
    ExpectError(result, 2, std::string("The token is not sent to '") + server + "'");
    ExpectError(result, 2, "--tls-ca FILE");
    ExpectError(result, 2, "STATESERVER_PLAINTEXT_TOKEN=allow");
  }
}

TEST(AuthTest, ATokenIsSentInPlainTextWhereThatIsAllowed) {
  FakeServer server;
  Scratch scratch;
  const std::string token = scratch.Write("t", "s3cret\n");
  const std::string port = server.address().substr(server.address().rfind(':'));
  for (const std::string& address :
       {"localhost" + port, "dns:///127.0.0.1" + port, "ipv4:127.0.0.1" + port}) {
    EXPECT_EQ(Versions(address, {"--token-file", token}).exit_code, 0) << address;
  }
  EXPECT_EQ(server.authorizations().size(), 3u);
  // Nobody answers there, but the attempt is made.
  RunResult result =
      Versions("127.example.invalid:1", {"--token-file", token, "--plaintext-token", "allow"});
  ExpectError(result, 3, "the host is not known");
}

TEST(AuthTest, AProxyOfTheEnvironmentDoesNotGetTheToken) {
  setenv("grpc_proxy", "http://127.0.0.1:1", 1);
  FakeServer server;
  Scratch scratch;
  EXPECT_EQ(Versions(server.address(), {"--token-file", scratch.Write("t", "s3cret\n")}).exit_code,
            0);
  unsetenv("grpc_proxy");
}

TEST(AuthTest, RefusedIsExitCode3) {
  FakeServer server;
  server.on_any = [](const std::string&) {
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no valid token");
  };
  ExpectError(Versions(server.address()), 3, "refused the call: no valid token");
  server.on_any = [](const std::string&) {
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "not for you");
  };
  RunResult result = Versions(server.address(), {"--format", "json"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("\"reason\":\"NOT_AUTHORISED\""), std::string::npos) << result.err;
}

TEST(ErrorTest, TypedErrorsComeWithReasonAndHint) {
  FakeServer server;
  server.on_any = [](const std::string&) {
    return Typed(Error(Reason::LOCK_TIMEOUT, "Session 42 holds the lock", "Try again.",
                       {{"operation", "op-1"}}));
  };
  RunResult result = Versions(server.address());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "Error: Session 42 holds the lock\nTry again.\n");
  EXPECT_EQ(Versions(server.address(), {"--format", "json"}).err,
            R"({"error":{"code":"ABORTED","reason":"LOCK_TIMEOUT","message":)"
            R"("Session 42 holds the lock","hint":"Try again.","operation":"op-1"}})"
            "\n");
}

TEST(ErrorTest, EveryServerReasonKeepsItsNameAndCode) {
  FakeServer server;
  for (Reason reason : {
#define X(name, code) Reason::name,
           STATESERVER_REASONS(X)
#undef X
       }) {
    server.on_any = [reason](const std::string&) { return Typed(Error(reason, "sentence")); };
    RunResult result = Versions(server.address(), {"--format", "json"});
    std::string expected = "\"reason\":\"" + std::string(ReasonName(reason)) + "\"";
    EXPECT_NE(result.err.find(expected), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("\"message\":\"sentence\""), std::string::npos) << result.err;
    bool unreachable = reason == Reason::DATABASE_UNREACHABLE ||
                       reason == Reason::WAREHOUSE_UNREACHABLE || reason == Reason::SHUTTING_DOWN ||
                       reason == Reason::UNAUTHENTICATED || reason == Reason::ROLE_MISSING;
    bool unknown = reason == Reason::COMMIT_IN_DOUBT;
    EXPECT_EQ(result.exit_code, unreachable ? 3 : unknown ? 4 : 1) << ReasonName(reason);
  }
}

TEST(ErrorTest, DeadlineOfTheFlag) {
  FakeServer server;
  server.on_any = [](const std::string&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    return grpc::Status::OK;
  };
  RunResult result = Versions(server.address(), {"--timeout", "0.2", "--format", "json"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("\"reason\":\"DEADLINE_EXCEEDED\""), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("0.2 seconds of --timeout"), std::string::npos) << result.err;
}

TEST(ErrorTest, AnotherServiceOrAnOlderOne) {
  FakeServer server;
  server.on_any = [](const std::string&) {
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
  };
  ExpectError(Versions(server.address()), 1, "does not know this call");
}

class TlsTest : public testing::Test {
 protected:
  std::shared_ptr<grpc::ServerCredentials> ServerCredentials(bool wants_certificate) {
    grpc::SslServerCredentialsOptions options(
        wants_certificate ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                          : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_root_certs = authority.certificate;
    options.pem_key_cert_pairs.push_back({server_certificate.key, server_certificate.certificate});
    return grpc::SslServerCredentials(options);
  }

  Certificate authority = MakeCertificate("authority");
  Certificate stranger = MakeCertificate("stranger");
  Certificate server_certificate = MakeCertificate("server", &authority);
  Certificate mine = MakeCertificate("anna", &authority);
  Certificate foreign = MakeCertificate("mallory", &stranger);
  Scratch scratch;
  std::string ca = scratch.Write("ca.crt", authority.certificate);
  std::string other_ca = scratch.Write("other.crt", stranger.certificate);
  std::string cert = scratch.Write("mine.crt", mine.certificate);
  std::string key = scratch.Write("mine.key", mine.key);
  std::string foreign_cert = scratch.Write("foreign.crt", foreign.certificate);
  std::string foreign_key = scratch.Write("foreign.key", foreign.key);
};

TEST_F(TlsTest, RightCa) {
  FakeServer server(ServerCredentials(false));
  EXPECT_EQ(Versions(server.address(), {"--tls-ca", ca}).exit_code, 0);
}

TEST_F(TlsTest, UnknownCa) {
  FakeServer server(ServerCredentials(false));
  ExpectError(Versions(server.address(), {"--tls-ca", other_ca}), 3,
              "has a certificate that is not trusted");
}

TEST_F(TlsTest, PlainToTls) {
  FakeServer server(ServerCredentials(false));
  RunResult result = Versions(server.address());
  ExpectError(result, 3, "speaks TLS only.");
  ExpectError(result, 3, "--tls-ca");
}

TEST_F(TlsTest, TlsToPlain) {
  FakeServer server;
  ExpectError(Versions(server.address(), {"--tls-ca", ca}), 3, "does not speak TLS.");
}

TEST_F(TlsTest, ClientCertificate) {
  FakeServer server(ServerCredentials(true));
  EXPECT_EQ(
      Versions(server.address(), {"--tls-ca", ca, "--tls-cert", cert, "--tls-key", key}).exit_code,
      0);
  ExpectError(Versions(server.address(), {"--tls-ca", ca}), 3, "asks for a client certificate.");
  ExpectError(Versions(server.address(),
                       {"--tls-ca", ca, "--tls-cert", foreign_cert, "--tls-key", foreign_key}),
              3, "does not accept our TLS certificate.");
}

TEST_F(TlsTest, NameNotInTheCertificate) {
  server_certificate = MakeCertificate("server", &authority, "DNS:elsewhere.example");
  FakeServer server(ServerCredentials(false));
  ExpectError(Versions(server.address(), {"--tls-ca", ca}), 3,
              "has a certificate that is not trusted: IP address mismatch.");
}

TEST_F(TlsTest, FilesThatAreNotWhatTheyShouldBe) {
  std::string nonsense = scratch.Write("nonsense", "no pem");
  ExpectError(Versions("127.0.0.1:1", {"--tls-ca", nonsense}), 2, "holds no certificate");
  ExpectError(Versions("127.0.0.1:1", {"--tls-cert", nonsense, "--tls-key", key}), 2,
              "holds no certificate");
  ExpectError(Versions("127.0.0.1:1", {"--tls-cert", cert, "--tls-key", nonsense}), 2,
              "holds no unencrypted private key");
  ExpectError(Versions("127.0.0.1:1", {"--tls-cert", cert, "--tls-key", foreign_key}), 2,
              "is not the key of the certificate");
}

}  // namespace
}  // namespace stateserver::client
