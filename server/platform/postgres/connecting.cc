// SPDX-License-Identifier: Apache-2.0
//
// Connecting: libpq's asynchronous form, so that deadline and cancellation of
// the call hold here too. Only the name look-up inside libpq can block longer.
#include <poll.h>

#include <algorithm>
#include <array>
#include <exception>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/steady_time.h"
#include "server/platform/postgres/connection.h"
#include "server/platform/postgres/tcp_limits.h"

namespace stateserver::postgres {
namespace {

constexpr int kPollMilliseconds = 25;
constexpr absl::Duration kConnectLimit = absl::Seconds(10);

struct Finish {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, Finish>;

// Connection strings may omit what the environment or libpq's defaults give.
absl::StatusOr<Endpoint> ParseEndpoint(const std::string& conninfo) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), &message);
  if (options == nullptr) {
    PQfreemem(message);
    // libpq's text may quote a part of the string, and so of the password.
    return Error(Reason::DATABASE_UNREACHABLE, "the connection string of the gateway is malformed",
                 "Check the state_connection of the gateway.");
  }
  Endpoint endpoint{"localhost", "5432", "", ""};
  for (PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    std::string_view keyword = option->keyword;
    if (keyword == "host" || (keyword == "hostaddr" && endpoint.host.empty())) {
      endpoint.host = option->val;
    }
    if (keyword == "port") endpoint.port = option->val;
    if (keyword == "dbname") endpoint.database = option->val;
    if (keyword == "user") endpoint.user = option->val;
  }
  PQconninfoFree(options);
  return endpoint;
}

// Bounds a host that swallows packets, so that the next one gets its turn.
constexpr int64_t kUserTimeoutOfOneOfSeveralMs = 9000;

// Defaults come before the connection string, what must hold after it.
Handle Start(const std::string& conninfo, TcpLimits limits, bool several_hosts) {
  if (several_hosts) {
    limits.user_timeout_ms = std::min(limits.user_timeout_ms, kUserTimeoutOfOneOfSeveralMs);
  }
  const std::string idle = absl::StrCat(limits.idle_seconds);
  const std::string interval = absl::StrCat(limits.interval_seconds);
  const std::string count = absl::StrCat(limits.count);
  const std::string user_timeout = absl::StrCat(limits.user_timeout_ms);
  constexpr int kCount = 8;
  std::array<const char*, kCount> keywords = {
      "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
      "dbname",          "application_name",    "client_encoding",  nullptr};
  std::array<const char*, kCount> values = {
      idle.c_str(),     interval.c_str(), count.c_str(), user_timeout.c_str(),
      conninfo.c_str(), "stateserver",    "UTF8",        nullptr};
  return Handle(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/1));
}

// False when nothing happened for a poll interval.
bool WaitForSocket(PGconn* handle, PostgresPollingStatusType wanted) {
  pollfd descriptor{PQsocket(handle), 0, 0};
  descriptor.events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
  return poll(&descriptor, 1, kPollMilliseconds) != 0;
}

absl::Status Complete(PGconn* handle, const CallContext& context, const Endpoint& endpoint) {
  auto hosts = 1 + std::count(endpoint.host.begin(), endpoint.host.end(), ',');
  absl::Duration allowed = hosts * kConnectLimit;
  absl::Time limit = SteadyNow() + allowed;
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (PQstatus(handle) == CONNECTION_BAD || status == PGRES_POLLING_FAILED) {
      return FromConnecting(PQerrorMessage(handle), endpoint);
    }
    RETURN_IF_ERROR(context.Check());
    if (SteadyNow() > limit) {
      return FromConnecting(
          absl::StrCat("no answer within ", absl::ToInt64Seconds(allowed), " seconds"), endpoint);
    }
    if (WaitForSocket(handle, status)) status = PQconnectPoll(handle);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& conninfo,
                                                    absl::Duration lost_connection_timeout,
                                                    const CallContext& context) {
  ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(conninfo));
  RETURN_IF_ERROR(context.Check());
  Handle handle = Start(conninfo, TcpLimitsFor(lost_connection_timeout),
                        endpoint.host.find(',') != std::string::npos);
  if (handle == nullptr) return Error(Reason::INTERNAL, "libpq is out of memory");
  // The only way to the SQLSTATE of a refused connection.
  PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
  RETURN_IF_ERROR(Complete(handle.get(), context, endpoint));
  PQsetErrorVerbosity(handle.get(), PQERRORS_DEFAULT);
  try {
    return std::make_unique<Connection>(handle.release());
  } catch (const std::exception& error) {
    return FromConnecting(error.what(), endpoint);
  }
}

}  // namespace stateserver::postgres
