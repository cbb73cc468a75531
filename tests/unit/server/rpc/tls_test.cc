// SPDX-License-Identifier: Apache-2.0

#include "gmock/gmock.h"
#include "server/rpc/transport/tls_context.h"
#include "tests/unit/server/rpc/certificates.h"
#include "tests/unit/server/rpc/rpc_fixture.h"

namespace stateserver::rpc {
namespace {

using transport::TlsFiles;
using transport::TlsStore;

using testing::HasSubstr;

class TlsTest : public RpcTest {
 protected:
  static void SetUpTestSuite() {
    certificates_ = new Certificates();
    certificates_->MakeAuthority("ca");
    certificates_->MakeAuthority("other");
    certificates_->Make("server", "ca", "DNS:localhost,IP:127.0.0.1", 11);
    certificates_->Make("alice", "ca", "URI:spiffe://example/alice", 12);
    certificates_->Make("mallory", "other", "URI:spiffe://example/mallory", 13);
  }
  static void TearDownTestSuite() { delete certificates_; }

  TlsFiles ServerFiles(bool mutual) {
    return {certificates_->Path("server.crt"), certificates_->Path("server.key"),
            mutual ? certificates_->Path("ca.crt") : "", ""};
  }

  void StartTls(std::function<transport::TlsContextPtr()> tls) {
    ServerOptions options;
    options.tls = std::move(tls);
    StartServer(options);
  }
  void StartTls(const TlsFiles& files) {
    auto context = transport::MakeTlsContext(*transport::ReadTlsFiles(files),
                                             transport::ClientCertificates::kRequired);
    ASSERT_TRUE(context.ok()) << context.status();
    StartTls([context = *context] { return context; });
  }

  // A channel that trusts `authority` and shows `identity`'s certificate.
  std::shared_ptr<grpc::Channel> TlsChannel(const std::string& authority,
                                            const std::string& identity = "") {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = certificates_->Read(authority + ".crt");
    if (!identity.empty()) {
      options.pem_cert_chain = certificates_->Read(identity + ".crt");
      options.pem_private_key = certificates_->Read(identity + ".key");
    }
    // A pool of its own: else a connection made before is used again.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(server_->address(), grpc::SslCredentials(options), arguments);
  }

  // Those of calls; failed handshakes have others.
  std::vector<std::string> CallLines() {
    std::vector<std::string> lines = LogLines();
    std::erase_if(lines, [](const std::string& line) {
      return line.find(R"("msg":"rpc")") == std::string::npos;
    });
    return lines;
  }

  std::string LogText() {
    std::string text;
    for (const std::string& line : LogLines()) text += line + "\n";
    return text;
  }

  static Certificates* certificates_;
};

Certificates* TlsTest::certificates_ = nullptr;

TEST_F(TlsTest, ServesClientsThatTrustIt) {
  StartTls(ServerFiles(/*mutual=*/false));
  EXPECT_TRUE(Call(nullptr, TlsChannel("ca")).ok());
  EXPECT_THAT(LogLines()[0], HasSubstr(R"("principal":"anonymous:127.0.0.1")"));
  EXPECT_EQ(Call(nullptr, TlsChannel("other")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(nullptr, Channel()).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CallLines().size(), 1u);
}

TEST_F(TlsTest, MutualTlsTakesTheNameFromTheCertificateAndRefusesOthers) {
  StartTls(ServerFiles(/*mutual=*/true));
  EXPECT_EQ(Call(nullptr, TlsChannel("ca")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(nullptr, TlsChannel("ca", "mallory")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(CallLines().empty());
  grpc::Status status = Call(nullptr, TlsChannel("ca", "alice"));
  EXPECT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(CallLines().size(), 1u);
  EXPECT_THAT(CallLines()[0], HasSubstr(R"("principal":"cert:uri:spiffe://example/alice")"));
}

TEST_F(TlsTest, RevokedCertificatesAreRefused) {
  certificates_->Make("bob", "ca", "URI:spiffe://example/bob", 31);
  certificates_->MakeRevocationList("crl.pem", "ca", {31});
  TlsFiles files = ServerFiles(/*mutual=*/true);
  files.client_crl = certificates_->Path("crl.pem");
  StartTls(files);
  EXPECT_TRUE(Call(nullptr, TlsChannel("ca", "alice")).ok());
  EXPECT_EQ(Call(nullptr, TlsChannel("ca", "bob")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Eventually([&] {
    return LogText().find("'uri:spiffe://example/bob', issued by 'CN=ca': certificate revoked") !=
           std::string::npos;
  })) << LogText();
}

TEST_F(TlsTest, WithoutACurrentListNobodyOfTheAuthorityIsLetIn) {
  certificates_->MakeRevocationList("expired.pem", "ca", {}, /*expired=*/true);
  certificates_->MakeRevocationList("others.pem", "other", {});
  struct Case {
    const char* list;
    const char* problem;
    const char* why;
  };
  for (const Case& it :
       {Case{"expired.pem", "the revocation list of 'CN=ca' expired at 2020-01-02T00:00:00Z",
             "CRL has expired"},
        Case{"others.pem", "the revocation list of 'CN=ca' is missing",
             "unable to get certificate CRL"}}) {
    TlsFiles files = ServerFiles(/*mutual=*/true);
    files.client_crl = certificates_->Path(it.list);
    auto problems = transport::CheckRevocationLists(files);
    ASSERT_TRUE(problems.ok()) << problems.status();
    ASSERT_EQ(problems->size(), 1u) << it.list;
    EXPECT_THAT(problems->front(), HasSubstr(it.problem));
    StartTls(files);
    EXPECT_FALSE(Call(nullptr, TlsChannel("ca", "alice")).ok()) << it.list;
    EXPECT_TRUE(Eventually([&] { return LogText().find(it.why) != std::string::npos; }))
        << LogText();
    server_.reset();
  }
}

TEST_F(TlsTest, AnIntermediateAuthorityMayBeRevoked) {
  certificates_->MakeIntermediate("team", "ca", 41);
  certificates_->Make("carol", "team", "URI:spiffe://example/carol", 42);
  certificates_->Write("carol.crt",
                       certificates_->Read("carol.crt") + certificates_->Read("team.crt"));
  certificates_->MakeRevocationList("of_team.pem", "team", {});
  for (bool revoked : {false, true}) {
    certificates_->MakeRevocationList("of_ca.pem", "ca",
                                      revoked ? std::vector<int>{41} : std::vector<int>{});
    certificates_->Write("both.pem",
                         certificates_->Read("of_ca.pem") + certificates_->Read("of_team.pem"));
    TlsFiles files = ServerFiles(/*mutual=*/true);
    files.client_crl = certificates_->Path("both.pem");
    StartTls(files);
    EXPECT_EQ(Call(nullptr, TlsChannel("ca", "carol")).ok(), !revoked) << LogText();
    server_.reset();
  }
}

// NAME.crt and NAME.key become those of `from` in one go each.
void Replace(Certificates& certificates, const std::string& from, const std::string& name) {
  certificates.Rename(from + ".key", name + ".key");
  certificates.Rename(from + ".crt", name + ".crt");
}

class TlsStoreTest : public TlsTest {
 protected:
  void SetUp() override {
    certificates_->Make("live", "ca", "IP:127.0.0.1", 21);
    files_ = {certificates_->Path("live.crt"), certificates_->Path("live.key"), "", ""};
    auto store = TlsStore::Open(files_, transport::ClientCertificates::kRequired, metrics_, logger_,
                                absl::Milliseconds(5));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    StartTls([this] { return store_->context(); });
  }
  void TearDown() override { server_.reset(); }

  bool Serves(const std::string& authority) { return Call(nullptr, TlsChannel(authority)).ok(); }
  bool Counted(const std::string& result, int count) {
    std::string line = "certificate_reloads_total{result=\"" + result + "\"} ";
    return metrics_.Text().find(line + std::to_string(count) + "\n") != std::string::npos;
  }

  TlsFiles files_;
  std::unique_ptr<TlsStore> store_;
};

TEST_F(TlsStoreTest, NewFilesAreTakenOverWithoutRestart) {
  ASSERT_TRUE(Serves("ca"));
  ASSERT_FALSE(Serves("other"));
  certificates_->Make("next", "other", "IP:127.0.0.1", 22);
  Replace(*certificates_, "next", "live");
  EXPECT_TRUE(Eventually([&] { return Counted("success", 1); }));
  EXPECT_TRUE(Eventually([&] {
    absl::SleepFor(absl::Milliseconds(100));
    return Serves("other");
  }));
  EXPECT_FALSE(Serves("ca"));
}

TEST_F(TlsStoreTest, BrokenFilesLeaveThoseBeforeInUse) {
  certificates_->Write("text.crt", "no certificate");
  certificates_->Rename("text.crt", "live.crt");
  EXPECT_TRUE(Eventually([&] { return Counted("failure", 1); }));
  ASSERT_FALSE(LogLines().empty());
  EXPECT_THAT(LogLines()[0], HasSubstr("live.crt (tls.cert) holds no certificate"));
  absl::SleepFor(absl::Milliseconds(100));  // it looks again meanwhile
  EXPECT_TRUE(Serves("ca"));
  EXPECT_TRUE(Counted("failure", 1));  // said once, not at every look
}

TEST_F(TlsStoreTest, OtherPathsCanTakeOver) {
  certificates_->Make("moved", "other", "IP:127.0.0.1", 23);
  TlsFiles moved = {certificates_->Path("moved.crt"), certificates_->Path("moved.key"), "", ""};
  TlsFiles mixed = {certificates_->Path("moved.crt"), files_.key, "", ""};
  EXPECT_FALSE(store_->SetFiles(mixed).ok());
  EXPECT_TRUE(Serves("ca"));
  ASSERT_TRUE(store_->SetFiles(moved).ok());
  EXPECT_TRUE(Eventually([&] {
    absl::SleepFor(absl::Milliseconds(100));
    return Serves("other");
  }));
}

TEST_F(TlsTest, ANewListIsUsedAndADamagedOneIsNot) {
  certificates_->Make("dora", "ca", "URI:spiffe://example/dora", 51);
  certificates_->MakeRevocationList("live.pem", "ca", {});
  TlsFiles files = ServerFiles(/*mutual=*/true);
  files.client_crl = certificates_->Path("live.pem");
  auto store = TlsStore::Open(files, transport::ClientCertificates::kRequired, metrics_, logger_,
                              absl::Milliseconds(5));
  ASSERT_TRUE(store.ok()) << store.status();
  StartTls([&] { return (*store)->context(); });
  auto counted = [&](const std::string& result, int count) {
    return metrics_.Text().find("certificate_reloads_total{result=\"" + result + "\"} " +
                                std::to_string(count) + "\n") != std::string::npos;
  };
  EXPECT_TRUE(Call(nullptr, TlsChannel("ca", "dora")).ok());
  certificates_->MakeRevocationList("next.pem", "ca", {51});
  certificates_->Rename("next.pem", "live.pem");
  EXPECT_TRUE(Eventually([&] { return counted("success", 1); }));
  EXPECT_FALSE(Call(nullptr, TlsChannel("ca", "dora")).ok());
  std::string damaged = certificates_->Read("live.pem");
  certificates_->Write("next.pem", damaged + damaged.substr(0, damaged.size() / 2));
  certificates_->Rename("next.pem", "live.pem");
  EXPECT_TRUE(Eventually([&] { return counted("failure", 1); })) << LogText();
  EXPECT_FALSE(Call(nullptr, TlsChannel("ca", "dora")).ok()) << "the previous list stays in use";
  EXPECT_TRUE((*store)->revocation_problems().empty());
  server_.reset();
}

std::string WhyRefused(const TlsFiles& files) {
  auto contents = transport::ReadTlsFiles(files);
  if (!contents.ok()) return std::string(contents.status().message());
  auto end = transport::CheckTlsContents(*contents, files);
  return end.ok() ? "usable" : std::string(end.status().message());
}

TEST_F(TlsTest, NamesTheFileThatIsWrong) {
  TlsFiles good = ServerFiles(/*mutual=*/true);
  auto end = transport::CheckTlsContents(*transport::ReadTlsFiles(good), good);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_GT(end->expires, absl::Now() + absl::Hours(24 * 29));
  EXPECT_LT(end->expires, absl::Now() + absl::Hours(24 * 31));

  TlsFiles files = good;
  files.cert = "/tmp";
  EXPECT_THAT(WhyRefused(files), HasSubstr("Cannot read /tmp (tls.cert): "));
  files.cert = "/nonexistent.crt";
  EXPECT_EQ(WhyRefused(files),
            "Cannot read /nonexistent.crt (tls.cert): No such file or directory.");
  files = good;
  files.key = good.cert;
  EXPECT_THAT(WhyRefused(files), HasSubstr("server.crt (tls.key) holds no private key"));
  files.key = certificates_->Path("alice.key");
  EXPECT_THAT(WhyRefused(files),
              HasSubstr("alice.key (tls.key) is not the key of the certificate"));
  files = good;
  files.client_ca = good.key;
  EXPECT_THAT(WhyRefused(files), HasSubstr("server.key (tls.client_ca) holds no certificate"));
  files = good;
  files.client_crl = good.cert;
  EXPECT_THAT(WhyRefused(files), HasSubstr("server.crt (tls.client_crl) holds no revocation list"));
  certificates_->MakeAuthority("ca2");
  certificates_->MakeRevocationList("foreign.pem", "ca2", {});
  certificates_->MakeAuthority("forged", "ca");
  certificates_->MakeRevocationList("forged.pem", "forged", {});
  files.client_crl = certificates_->Path("foreign.pem");
  EXPECT_EQ(WhyRefused(files), "usable") << "it may be the list of an intermediate authority";
  files.client_crl = certificates_->Path("forged.pem");
  EXPECT_THAT(WhyRefused(files), HasSubstr("(tls.client_ca) has not signed"));
}

}  // namespace
}  // namespace stateserver::rpc
