// SPDX-License-Identifier: Apache-2.0
//
// The commands that show something: text and JSON.
#include <algorithm>

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/run_client.h"

namespace stateserver::client {
namespace {

class ReadTest : public testing::Test {
 protected:
  ReadTest() { run.env["STATESERVER_SERVER"] = server.address(); }
  FakeServer server;
  Runner run;
};

TEST_F(ReadTest, Tables) {
  EXPECT_EQ(
      run({"environments"}).out,
      "NAME  SNAPSHOTS  START                END  FINALIZED            EXPIRES  SUFFIX  PLAN\n"
      "prod         27  2026-11-22 00:00:00  -    2026-11-22 10:03:00  never    schema  p1\n");
  EXPECT_EQ(run({"gateways"}).out,
            "NAME   DEFAULT  TYPE      HOST     DATABASE  SCHEMA   USER     WAREHOUSE\n"
            "local  *        postgres  db:5432  state     sqlmesh  sqlmesh  -\n");
  EXPECT_EQ(run({"snapshots"}).out,
            "NAME     IDENTIFIER  VERSION  KIND  UPDATED              UNPAUSED  TTL  FLAGS\n"
            "\"a\".\"b\"  1           123      FULL  2026-11-22 10:03:00  -         7d\n");
  EXPECT_EQ(run({"diff", "prod", "dev"}).out,
            "CHANGE  NAME       KIND     FROM  TO  FROM VERSION  TO VERSION\n"
            "added   \"a\".\"new\"  (audit)  -     2   -             -\n\n"
            "1 added, 0 removed, 0 changed, 9007199254740993 unchanged\n");
  EXPECT_NE(run({"stats"}).out.find("_snapshots    79"), std::string::npos);
  EXPECT_NE(run({"environment", "prod"}).out.find("missing"), std::string::npos);
  EXPECT_NE(run({"operations"}).out.find("succeeded  2026-11-22 10:03:00"), std::string::npos);
  EXPECT_NE(run({"operation", "x"}).out.find("Status:         succeeded"), std::string::npos);
  EXPECT_NE(run({"restore-points"}).out.find("import --replace"), std::string::npos);
  EXPECT_NE(run({"snapshot", "a.b"}).out.find("{\n  \"name\": \"x\",\n  \"parents\": []\n}\n"),
            std::string::npos);
}

TEST_F(ReadTest, GatewaysShowEachHostWithItsPortAndTheTypeThatIsNotServed) {
  server.on_list_gateways = [](pb::ListGatewaysResponse* response) {
    pb::Gateway* pair = response->add_gateways();
    pair->set_name("pair");
    pair->set_state_type(pb::STATE_TYPE_POSTGRES);
    pair->set_host("a,b");
    pair->set_port(1);
    pair->add_addresses("a:1");
    pair->add_addresses("b:2");
    pb::Gateway* other = response->add_gateways();
    other->set_name("other");
    other->set_unserved_state_type("duckdb");
    return grpc::Status::OK;
  };
  EXPECT_EQ(run({"gateways"}).out,
            "NAME   DEFAULT  TYPE                 HOST     DATABASE  SCHEMA  USER  WAREHOUSE\n"
            "pair            postgres             a:1,b:2  -         -       -     -\n"
            "other           duckdb (not served)  -        -         -       -     -\n");
}

TEST_F(ReadTest, JsonIsOneLineAndNothingElse) {
  run.env["STATESERVER_FORMAT"] = "json";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"versions"},
                                             {"gateways"},
                                             {"environments"},
                                             {"environment", "prod"},
                                             {"snapshots"},
                                             {"snapshot", "a"},
                                             {"diff", "a", "b"},
                                             {"stats"},
                                             {"operations"},
                                             {"operation", "x"},
                                             {"restore-points"}}) {
    RunResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.front();
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1) << result.out;
    EXPECT_EQ(result.out.front(), '{');
    EXPECT_EQ(result.out.substr(result.out.size() - 2), "}\n");
  }
  EXPECT_NE(run({"diff", "a", "b"}).out.find("\"unchanged\":9007199254740993"), std::string::npos);
}

TEST_F(ReadTest, PagesAreFetchedTransparently) {
  server.on_list_snapshots = [](const pb::ListSnapshotsRequest& request,
                                pb::ListSnapshotsResponse* response) {
    EXPECT_EQ(request.name_glob(), "*.b");
    EXPECT_EQ(request.environment(), "prod");
    response->add_snapshots()->set_name("page" + request.page_token());
    if (request.page_token().empty()) response->set_next_page_token("2");
    if (request.page_token() == "2") response->set_next_page_token("3");
    return grpc::Status::OK;
  };
  RunResult result = run({"snapshots", "--name", "*.b", "--environment", "prod"});
  for (const char* name : {"page ", "page2", "page3"}) {
    EXPECT_NE(result.out.find(name), std::string::npos) << result.out;
  }
  EXPECT_EQ(server.calls("ListSnapshots"), 3);
  EXPECT_EQ(run({"snapshots", "--name", "*.b", "--environment", "prod", "--format", "json"})
                .out.find("next_page_token"),
            std::string::npos);
}

TEST_F(ReadTest, AClosedOutputIsAnError) {
  std::istringstream in;
  std::ostringstream err;
  std::ostream nowhere(nullptr);
  Terminal terminal{&in, &nowhere, &err, false, false};
  Interrupts interrupts;
  auto env = [this](const std::string& name) -> std::optional<std::string> {
    if (name != "STATESERVER_SERVER") return std::nullopt;
    return server.address();
  };
  EXPECT_EQ(client::Run({"versions"}, env, terminal, interrupts), 1);
  EXPECT_NE(err.str().find("Cannot write to standard output"), std::string::npos) << err.str();
}

}  // namespace
}  // namespace stateserver::client
