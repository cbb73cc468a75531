// SPDX-License-Identifier: Apache-2.0
//
// A text as the server's configuration. Every problem is an error with the file's name that shows
// no secret; what is accepted reaches libpq unchanged.
#include <libpq-fe.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "common/error.h"
#include "server/platform/config/conninfo.h"
#include "server/platform/config/describe.h"
#include "server/platform/config/loader.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace config = stateserver::config;

constexpr char kPassword[] = "correct-horse-battery-staple";

std::optional<std::string> Variable(const std::string& name) {
  if (name == "HOST") return "db";
  if (name == "PASSWORD") return kPassword;
  return std::nullopt;
}

// libpq must find the values that were configured, and nothing else.
void CheckConninfo(const config::StateConnection& connection) {
  std::string text = config::Conninfo(connection);
  char* error = nullptr;
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(text.c_str(), &error), PQconninfoFree);
  PQfreemem(error);
  Check(options != nullptr);
  auto value = [&](const char* keyword) -> std::string {
    for (PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
      if (std::strcmp(one->keyword, keyword) == 0) return one->val == nullptr ? "" : one->val;
    }
    return "";
  };
  Check(value("host") == connection.host);
  Check(value("port") == connection.port);
  Check(value("user") == connection.user);
  Check(value("password") == connection.password.value);
  Check(value("dbname") == connection.database);
  Check(value("sslmode") == connection.sslmode.value_or(""));
  Check(value("options").empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(stateserver::fuzz::TextOf(data, size));
  auto read = config::ParseConfig(text, "/etc/stateserver.yaml", Variable);
  if (!read.ok()) {
    std::string message(stateserver::MessageOf(read.status()));
    Check(stateserver::ReasonOf(read.status()) == stateserver::Reason::ARGUMENT_INVALID);
    Check(message.starts_with("/etc/stateserver.yaml"));
    // A text may contain the value of the variable itself.
    Check(message.find(kPassword) == message.npos || text.find(kPassword) != text.npos);
    return 0;
  }
  auto again = config::ParseConfig(text, "/etc/stateserver.yaml", Variable);
  Check(again.ok() && config::Describe(*read) == config::Describe(*again));
  Check(!read->gateways.empty() && config::ChangesThatNeedRestart(*read, *again).empty());
  for (const config::Gateway& gateway : read->gateways) {
    using Type = config::StateConnection::Type;
    if (gateway.state && gateway.state->type == Type::kPostgres) CheckConninfo(*gateway.state);
    if (gateway.read_replica) CheckConninfo(gateway.read_replica->connection);
  }
  return 0;
}
