// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"

namespace stateserver::client {
namespace {

// The exit code if some of them do not serve.
constexpr int kExitNotServing = 1;

struct HealthOptions {
  std::vector<std::string> services;
};

std::string NameOf(const std::string& service) { return service.empty() ? "(calls)" : service; }

absl::Status RunHealth(Session& session, const HealthOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  std::vector<std::string> services = options.services;
  if (services.empty()) services.emplace_back();
  bool all_serve = true;
  Table table({{"SERVICE"}, {"HEALTH"}});
  std::string json = "[";
  for (const std::string& service : services) {
    ASSIGN_OR_RETURN(Health health, client->CheckHealth(service));
    all_serve = all_serve && health == Health::kServing;
    table.Add({NameOf(service), std::string(HealthName(health))});
    if (json.size() > 1) json += ',';
    json += JsonObject().Text("service", service).Text("health", HealthName(health)).Finish();
  }
  if (session.json()) {
    session.out() << JsonObject().Raw("services", json + "]").Finish() << '\n';
  } else {
    table.Print(session.out());
  }
  if (!all_serve) session.set_done_code(kExitNotServing);
  return absl::OkStatus();
}

Command::Run DefineHealth(Arguments& arguments) {
  auto options = std::make_shared<HealthOptions>();
  arguments.List("", "SERVICE", &options->services,
                 "gateway/NAME or liveness (default: whether the server accepts calls)");
  return [options](Session& session) { return RunHealth(session, *options); };
}

}  // namespace

Command HealthCommand() {
  return {"health", kReadGroup,
          "whether the server or a gateway's database is available (exit code 1: it is not)",
          DefineHealth};
}

}  // namespace stateserver::client
