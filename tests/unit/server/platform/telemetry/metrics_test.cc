// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/metrics.h"

#include <regex>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace stateserver::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

class MetricsTest : public testing::Test {
 protected:
  bool HasLine(const std::string& line) {
    return ("\n" + metrics_.Text()).find("\n" + line + "\n") != std::string::npos;
  }

  Metrics metrics_{"1.2.3", "abcdef"};
};

TEST_F(MetricsTest, CountsCallsByMethodAndCode) {
  metrics_.RpcStarted("Export");
  metrics_.RpcStarted("Export");
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_in_flight_calls{method="Export"} 2)"));
  metrics_.RpcHandled("Export", "OK", absl::Milliseconds(4));
  metrics_.RpcHandled("Export", "NOT_FOUND", absl::Milliseconds(40));
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_in_flight_calls{method="Export"} 0)"));
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_started_total{method="Export"} 2)"));
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_handled_total{code="OK",method="Export"} 1)"));
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_handled_total{code="NOT_FOUND",method="Export"} 1)"));
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_duration_seconds_bucket{method="Export",le="0.005"} 1)"));
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_duration_seconds_count{method="Export"} 2)"));
}

TEST_F(MetricsTest, AlertsSeeTheFirstStep) {
  metrics_.ExpectMethod("Export");
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_handled_total{code="DATA_LOSS",method="Export"} 0)"));
  EXPECT_TRUE(HasLine(R"(stateserver_tls_certificate_reloads_total{result="failure"} 0)"));
  EXPECT_TRUE(HasLine(R"(stateserver_auth_reloads_total{result="failure",source="tokens"} 0)"));
  metrics_.RpcStarted("Export");
  metrics_.RpcHandled("Export", "DATA_LOSS", absl::ZeroDuration());
  EXPECT_TRUE(HasLine(R"(stateserver_rpc_handled_total{code="DATA_LOSS",method="Export"} 1)"));
}

TEST_F(MetricsTest, TellsOfItsProcess) {
  std::string text = metrics_.Text();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_start_time_seconds", "process_open_fds", "process_max_fds"}) {
    std::smatch value;
    ASSERT_TRUE(std::regex_search(text, value, std::regex(std::string("\n") + name + " ([^\n]+)")))
        << name << text;
    // Of processor time there may not have been a hundredth of a second yet.
    EXPECT_GE(std::stod(value[1]), std::string(name) == "process_cpu_seconds_total" ? 0 : 1)
        << name;
  }
  std::smatch start;
  ASSERT_TRUE(std::regex_search(text, start, std::regex("start_time_seconds ([0-9.e+]+)\n")));
  EXPECT_LE(std::stod(start[1]), absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) + 1);
  EXPECT_GT(std::stod(start[1]), absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()) - 3600);
}

TEST_F(MetricsTest, CountsWorkByPhase) {
  metrics_.AddRows("prod", "import", "stage", 10, 5000);
  metrics_.AddRows("prod", "import", "stage", 5, 1000);
  metrics_.PhaseFinished("prod", "import", "stage", absl::Seconds(2));
  metrics_.OperationSucceeded("prod", "import", absl::FromUnixSeconds(1700000000));
  metrics_.LockWaited("prod", absl::Seconds(3));
  std::string labels = R"({gateway="prod",operation="import",phase="stage"})";
  EXPECT_TRUE(HasLine("stateserver_transfer_rows_total" + labels + " 15"));
  EXPECT_TRUE(HasLine("stateserver_transfer_bytes_total" + labels + " 6000"));
  EXPECT_TRUE(HasLine("stateserver_operation_phase_duration_seconds_sum" + labels + " 2"));
  EXPECT_TRUE(
      HasLine("stateserver_operation_last_success_timestamp_seconds"
              R"({gateway="prod",operation="import"} 1700000000)"));
  EXPECT_TRUE(HasLine(R"(stateserver_lock_wait_seconds_sum{gateway="prod"} 3)"));
}

TEST_F(MetricsTest, ForgetsTheGaugesOfAGatewayThatIsGone) {
  for (const char* gateway : {"prod", "old"}) {
    metrics_.SetState(gateway, {.snapshots = 7,
                                .environments = 2,
                                .expired_environments = 1,
                                .interval_rows = 9,
                                .schema_version = 102,
                                .restore_points = 4,
                                .restore_points_bytes = 4096});
    metrics_.SetPool(gateway, {.in_use = 3,
                               .waiting = 1,
                               .max = 16,
                               .opened = 9,
                               .waits = 4,
                               .waited = absl::Seconds(3)});
    metrics_.SetGatewayUp(gateway, true);
  }
  metrics_.AddRows("old", "import", "stage", 1, 1);
  EXPECT_TRUE(HasLine(R"(stateserver_state_schema_version{gateway="old"} 102)"));
  metrics_.RemoveGateway("old");
  EXPECT_THAT(metrics_.Text(), Not(HasSubstr(R"({gateway="old"})")));
  EXPECT_TRUE(HasLine(R"(stateserver_state_snapshots{gateway="prod"} 7)"));
  EXPECT_TRUE(HasLine(R"(stateserver_pool_connections_in_use{gateway="prod"} 3)"));
  EXPECT_TRUE(HasLine(R"(stateserver_restore_points_bytes{gateway="prod"} 4096)"));
  // Counters never go back.
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(stateserver_transfer_rows_total{gateway="old")"));
}

TEST_F(MetricsTest, TellsBuildAndCertificates) {
  metrics_.CertificateReloaded(true);
  metrics_.CertificateReloaded(false);
  metrics_.SetCertificateExpiry(absl::FromUnixSeconds(1800000000));
  EXPECT_TRUE(HasLine(R"(stateserver_build_info{commit="abcdef",version="1.2.3"} 1)"));
  EXPECT_TRUE(HasLine(R"(stateserver_tls_certificate_reloads_total{result="success"} 1)"));
  EXPECT_TRUE(HasLine(R"(stateserver_tls_certificate_reloads_total{result="failure"} 1)"));
  EXPECT_TRUE(HasLine("stateserver_tls_certificate_expiry_timestamp_seconds 1800000000"));
}

// What `promtool check metrics` asks of names, types and help texts.
TEST_F(MetricsTest, NamesFollowPrometheusConventions) {
  metrics_.RpcStarted("m");
  metrics_.RpcHandled("m", "OK", absl::Seconds(1));
  metrics_.AddRows("g", "o", "p", 1, 1);
  metrics_.SetPool("g", {});
  metrics_.CertificateReloaded(true);
  const std::string text = metrics_.Text();
  std::regex type_line("# TYPE (\\S+) (\\S+)");
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), type_line), end; it != end; ++it) {
    std::string name = (*it)[1];
    names.insert(name);
    EXPECT_THAT(name, testing::MatchesRegex("(stateserver|process)_[a-z_]+"));
    bool is_total = name.size() > 6 && name.substr(name.size() - 6) == "_total";
    EXPECT_EQ(is_total, (*it)[2] == "counter") << name;
    EXPECT_THAT(text, HasSubstr("# HELP " + name + " ")) << name;
  }
  EXPECT_GE(names.size(), 8u);
}

}  // namespace
}  // namespace stateserver::telemetry
