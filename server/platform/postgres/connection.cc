// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/connection.h"

#include <poll.h>

#include <pqxx/except>
#include <pqxx/prepared_statement>
#include <utility>

#include "absl/strings/str_cat.h"

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

// libpqxx's exceptions lack the SQLSTATE of several classes (40001, 40P01, 08*,
// 53300, COPY), the detail and the hint; the event sees every result.
int Connection::OnEvent(PGEventId id, void* info, void* self) {
  if (id != PGEVT_RESULTCREATE) return 1;
  const PGresult* result = static_cast<PGEventResultCreate*>(info)->result;
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_FATAL_ERROR && status != PGRES_BAD_RESPONSE) return 1;
  ServerError& error = static_cast<Connection*>(self)->error_;
  // Of several the first tells the cause: "terminating connection due to …"
  // comes before "server closed the connection".
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
  // libpq's goodbye waits behind what is still to be sent, such as the rows of a COPY.
  if (transaction_status() == PQTRANS_ACTIVE) BreakSocket(socket());
  executor_.reset();
  disconnect();
}

bool Connection::ServerHungUp() {
  // Nothing is due on an idle connection but notices, a last word and the end,
  // which take a read each.
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
  // Not the text itself: PostgreSQL cuts names at 63 bytes.
  if (added) {
    found->second = absl::StrCat("s", prepared_.size());
    prepare(found->second, sql);
  }
  return executor_->exec_prepared(found->second, pqxx::prepare::make_dynamic_params(parameters));
}

}  // namespace stateserver::postgres
