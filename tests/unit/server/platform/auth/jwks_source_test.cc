// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/jwks_source.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ostream_sink.h"

namespace stateserver::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kKeys[] = R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","use":"sig",)"
                         R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

class JwksSourceTest : public testing::Test {
 protected:
  // A provider that accepts connections into its queue and never answers.
  JwksSourceTest() : hanging_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(hanging_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(hanging_, 16), 0);
    EXPECT_EQ(getsockname(hanging_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = "http://user:S3CRET@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/keys";
  }
  ~JwksSourceTest() override { close(hanging_); }

  std::string Log() {
    source_.reset();
    return text_.str();
  }

  const int hanging_;
  std::string url_;
  std::ostringstream text_;
  telemetry::Logger logger_{telemetry::LogFormat::kText, telemetry::LogLevel::kInfo,
                            std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)};
  telemetry::Metrics metrics_{"1", "c"};
  std::unique_ptr<JwksSource> source_;
};

TEST_F(JwksSourceTest, NobodyWaitsForAProviderThatHangs) {
  config::Jwt jwt;
  jwt.jwks_url = url_;
  auto opened = JwksSource::Open(jwt, metrics_, logger_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  source_ = *std::move(opened);
  absl::Time began = absl::Now();
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(source_->KeysFor("k" + std::to_string(i)), nullptr);
  EXPECT_LT(absl::Now() - began, absl::Seconds(2)) << "one HTTP request takes five";
  EXPECT_THAT(metrics_.Text(), HasSubstr("stateserver_jwt_unknown_keys_total 2000"));
  std::string log = Log();
  EXPECT_THAT(log, HasSubstr("cannot read http://127.0.0.1:"));
  EXPECT_THAT(log, Not(HasSubstr("S3CRET")));
}

TEST_F(JwksSourceTest, AnUnknownKeyHasTheFileReadAgain) {
  std::string path = (std::filesystem::temp_directory_path() / "jwks.XXXXXX").string();
  close(mkstemp(path.data()));
  std::ofstream(path) << kKeys;
  config::Jwt jwt;
  jwt.jwks_file = path;
  auto opened = JwksSource::Open(jwt, metrics_, logger_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  source_ = *std::move(opened);
  ASSERT_NE(source_->KeysFor("k1"), nullptr);
  EXPECT_TRUE(source_->KeysFor("k1")->Has("k1"));
  EXPECT_FALSE(source_->KeysFor("k2")->Has("k2")) << "the keys as of now, at once";
  std::string changed = kKeys;
  changed.replace(changed.find("k1"), 2, "k2");
  std::ofstream(path) << changed;
  for (int i = 0; i < 500 && !source_->KeysFor("k2")->Has("k2"); ++i) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_TRUE(source_->KeysFor("k2")->Has("k2"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace stateserver::auth
