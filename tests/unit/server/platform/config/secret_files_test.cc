// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/secret_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "server/platform/config/loader.h"

namespace stateserver::config {
namespace {

using testing::Contains;
using testing::IsSupersetOf;

TEST(SecretFiles, AreTheConfigurationAndWhatItNames) {
  auto config = ParseConfig(R"(
listen: unix:/run/s/grpc.sock
local_listen: unix:/run/s/local.sock
proxy_listen: unix:/run/s/proxy.sock
tls: {cert: tls.crt, key: tls.key, client_ca: ca.crt}
auth: {tokens_file: tokens.yaml, jwt: {issuer: i, audience: a, jwks_file: keys.json}}
gateways:
  a: {state_connection: {type: embedded, path: state}}
  b:
    state_connection: {type: postgres, host: h, user: u, database: d, sslkey: /keys/client.key,
                       sslcert: /keys/client.crt}
)",
                            "/etc/s/stateserver.yaml", {});
  ASSERT_TRUE(config.ok()) << config.status();
  setenv("PGPASSFILE", "/keys/passwords", 1);
  EXPECT_THAT(
      SecretFiles(*config),
      IsSupersetOf({"/etc/s/stateserver.yaml", "/etc/s/tls.crt", "/etc/s/tls.key", "/etc/s/ca.crt",
                    "/etc/s/tokens.yaml", "/etc/s/keys.json", "/etc/s/state", "/keys/client.key",
                    "/keys/client.crt", "/run/s/grpc.sock", "/run/s/local.sock",
                    "/run/s/proxy.sock", "/keys/passwords"}));
  unsetenv("PGPASSFILE");
  const char* home = std::getenv("HOME");
  if (home != nullptr) {
    EXPECT_THAT(SecretFiles(*config), Contains(std::string(home) + "/.pgpass"));
  }
}

TEST(SecretFiles, AreAbsolutePaths) {
  for (const std::string& file : SecretFiles(EmbeddedConfig("/data"))) {
    EXPECT_TRUE(file.starts_with('/')) << file;
  }
}

TEST(WorkerPaths, AreRelativeToTheFile) {
  auto config = ParseConfig(
      "gateways: {a: {connection: {type: starrocks, host: h, user: u}}}\n"
      "worker_paths: [/opt/models, lib]\n",
      "/etc/s/stateserver.yaml", {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->worker_paths, (std::vector<std::string>{"/opt/models", "/etc/s/lib"}));
}

}  // namespace
}  // namespace stateserver::config
