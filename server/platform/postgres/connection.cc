// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <pqxx/except>
#include <pqxx/prepared_statement>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "common/time.h"

namespace stateserver::postgres {

namespace {

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

Endpoint EndpointOf(const PGconn* handle) {
  auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  return {text(PQhost(handle)), text(PQport(handle)), text(PQdb(handle)), text(PQuser(handle))};
}

constexpr int kPollMilliseconds = 25;
constexpr absl::Duration kConnectLimit = absl::Seconds(10);

struct Finish {
  void operator()(PGconn* handle) const { PQfinish(handle); }
};
using Handle = std::unique_ptr<PGconn, Finish>;

// Connection strings may omit values that the environment or libpq's defaults provide.
absl::StatusOr<Endpoint> ParseEndpoint(const std::string& conninfo) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), &message);
  if (options == nullptr) {
    PQfreemem(message);
    // libpq's message may quote a part of the string and thus of the password.
    return Error(Reason::DATABASE_UNREACHABLE, "The connection string of the gateway is malformed",
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

// Limits the time for a host that drops packets, so that the next host is tried.
constexpr int64_t kUserTimeoutOfOneOfSeveralMs = 9000;

// Connects with libpq's asynchronous interface, so that the call's deadline and cancellation apply;
// only the name lookup inside libpq can block longer. Defaults precede the connection string;
// mandatory settings follow it.
Handle Start(const std::string& conninfo, const std::string& password, TcpLimits limits,
             bool several_hosts) {
  if (several_hosts) {
    limits.user_timeout_ms = std::min(limits.user_timeout_ms, kUserTimeoutOfOneOfSeveralMs);
  }
  const std::string idle = absl::StrCat(limits.idle_seconds);
  const std::string interval = absl::StrCat(limits.interval_seconds);
  const std::string count = absl::StrCat(limits.count);
  const std::string user_timeout = absl::StrCat(limits.user_timeout_ms);
  constexpr int kCount = 9;
  std::array<const char*, kCount> keywords = {"keepalives_idle",
                                              "keepalives_interval",
                                              "keepalives_count",
                                              "tcp_user_timeout",
                                              "dbname",
                                              "application_name",
                                              "client_encoding",
                                              "password",
                                              nullptr};
  std::array<const char*, kCount> values = {
      idle.c_str(),     interval.c_str(), count.c_str(), user_timeout.c_str(),
      conninfo.c_str(), "stateserver",    "UTF8",        password.c_str(),
      nullptr};
  return Handle(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/1));
}

// Returns false if nothing happened within a poll interval.
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

pqxx::field At(const pqxx::result& rows, size_t row, size_t column) {
  return rows[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
}

}  // namespace

AdoptingPolicy::handle AdoptingPolicy::do_startconnect(handle original) {
  if (original != nullptr && PQstatus(original) == CONNECTION_OK) return original;
  if (std::exchange(adopted_, true)) throw pqxx::broken_connection("the connection was lost");
  return handle_;
}

AdoptingPolicy::handle AdoptingPolicy::do_disconnect(handle original) noexcept {
  handle_ = nullptr;
  return pqxx::connectionpolicy::do_disconnect(original);
}

Connection::Connection(PGconn* handle)
    : pqxx::connection_base(policy_),
      policy_(handle),
      endpoint_(EndpointOf(handle)),
      cancel_{{PQgetCancel(handle), PQfreeCancel},
              absl::StrCat(endpoint_.host, ":", endpoint_.port)},
      pid_(PQbackendPID(handle)),
      version_(PQserverVersion(handle)) {
  PQregisterEventProc(handle, &Connection::OnEvent, "stateserver", this);
  try {
    init();
    executor_.emplace(static_cast<pqxx::connection_base&>(*this), "stateserver");
  } catch (...) {
    close();
    throw;
  }
}

Connection::~Connection() {
  executor_.reset();
  close();
}

// libpqxx's exceptions lack the SQLSTATE of several classes (40001, 40P01, 08*, 53300, COPY), the
// detail and the hint; this event sees every result.
int Connection::OnEvent(PGEventId id, void* info, void* self) {
  if (id != PGEVT_RESULTCREATE) return 1;
  const PGresult* result = static_cast<PGEventResultCreate*>(info)->result;
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE) return 1;
  ServerError& error = static_cast<Connection*>(self)->error_;
  // The first of several errors is the cause: "terminating connection due to …" comes before
  // "server closed the connection".
  if (!error.sqlstate.empty()) return 1;
  error.sqlstate = Field(result, PG_DIAG_SQLSTATE);
  error.message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (error.message.empty()) error.message = PQresultErrorMessage(result);
  error.detail = Field(result, PG_DIAG_MESSAGE_DETAIL);
  error.hint = Field(result, PG_DIAG_MESSAGE_HINT);
  error.schema = Field(result, PG_DIAG_SCHEMA_NAME);
  error.table = Field(result, PG_DIAG_TABLE_NAME);
  return 1;
}

void Connection::Drop() {
  // libpq's termination message would wait behind unsent data, such as the rows of a COPY.
  if (transaction_status() == PQTRANS_ACTIVE) BreakSocket(socket());
  executor_.reset();
  disconnect();
}

bool Connection::ServerHungUp() {
  // An idle connection only receives notices, a last message and the end, each of which takes one
  // read.
  constexpr int kReads = 4;
  for (int read = 0; read < kReads && alive(); ++read) {
    pollfd descriptor{socket(), POLLIN, 0};
    if (poll(&descriptor, 1, 0) <= 0) return false;
    (void)PQconsumeInput(raw());
  }
  return !alive();
}

ServerError Connection::TakeError() { return std::exchange(error_, ServerError()); }

PGTransactionStatusType Connection::transaction_status() const {
  return raw() == nullptr ? PQTRANS_UNKNOWN : PQtransactionStatus(raw());
}

std::string Connection::application_name() const {
  const char* name = raw() == nullptr ? nullptr : PQparameterStatus(raw(), "application_name");
  return name == nullptr ? "" : name;
}

pqxx::result Connection::Exec(const std::string& sql) { return executor_->exec(sql); }

pqxx::result Connection::ExecParams(const std::string& sql, const Parameters& parameters) {
  return executor_->exec_params(sql, pqxx::prepare::make_dynamic_params(parameters));
}

pqxx::result Connection::ExecPrepared(const std::string& sql, const Parameters& parameters) {
  auto [found, added] = prepared_.try_emplace(sql);
  // The text itself is not the name, because PostgreSQL truncates names at 63 bytes.
  if (added) {
    found->second = absl::StrCat("s", prepared_.size());
    prepare(found->second, sql);
  }
  return executor_->exec_prepared(found->second, pqxx::prepare::make_dynamic_params(parameters));
}

absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& conninfo,
                                                    const std::string& password,
                                                    absl::Duration lost_connection_timeout,
                                                    const CallContext& context) {
  ASSIGN_OR_RETURN(Endpoint endpoint, ParseEndpoint(conninfo));
  RETURN_IF_ERROR(context.Check());
  Handle handle = Start(conninfo, password, TcpLimitsFor(lost_connection_timeout),
                        endpoint.host.find(',') != std::string::npos);
  if (handle == nullptr) return Error(Reason::INTERNAL, "The library libpq is out of memory");
  // The only way to get the SQLSTATE of a rejected connection.
  PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
  RETURN_IF_ERROR(Complete(handle.get(), context, endpoint));
  PQsetErrorVerbosity(handle.get(), PQERRORS_DEFAULT);
  try {
    return std::make_unique<Connection>(handle.release());
  } catch (const std::exception& error) {
    return FromConnecting(error.what(), endpoint);
  }
}

size_t Result::rows() const { return impl_->rows.size(); }

int64_t Result::affected_rows() const { return static_cast<int64_t>(impl_->rows.affected_rows()); }

bool Result::IsNull(size_t row, size_t column) const {
  return At(impl_->rows, row, column).is_null();
}

std::string_view Result::Text(size_t row, size_t column) const {
  pqxx::field field = At(impl_->rows, row, column);
  return {field.c_str(), field.size()};
}

std::optional<std::string_view> Result::OptionalText(size_t row, size_t column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Text(row, column);
}

int64_t Result::Int(size_t row, size_t column) const {
  int64_t value = 0;
  std::string_view text = Text(row, column);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<int64_t> Result::OptionalInt(size_t row, size_t column) const {
  if (IsNull(row, column)) return std::nullopt;
  return Int(row, column);
}

bool Result::Bool(size_t row, size_t column) const { return Text(row, column) == "t"; }

}  // namespace stateserver::postgres
