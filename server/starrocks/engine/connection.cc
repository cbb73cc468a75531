// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/connection.h"

#include <mysql.h>
#include <sys/socket.h>

#include <mutex>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/time.h"
#include "server/starrocks/ddl/lexer.h"

namespace stateserver::starrocks {
namespace {

constexpr char kCodeFact[] = "engine_code";
// Error numbers of the MySQL protocol.
constexpr unsigned kServerGone = 2006, kServerLost = 2013;
constexpr unsigned kAccessDenied = 1045, kUnknownDatabase = 1049;
// StarRocks' error for an unknown database: 5501 since 3.x.
constexpr unsigned kUnknownDatabaseOfItsOwn = 5501;

struct ResultCloser {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, ResultCloser>;

// The library's initialization is not thread-safe.
void InitOnce() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

std::string Address(const config::Warehouse& warehouse) {
  bool v6 = warehouse.host.find(':') != std::string::npos;
  return Cat(v6 ? "[" : "", warehouse.host, v6 ? "]" : "", ":", warehouse.port);
}

absl::Status Refused(MYSQL* handle, const config::Warehouse& warehouse,
                     const std::string& database) {
  unsigned code = mysql_errno(handle);
  std::string text = mysql_error(handle);
  Facts facts = {{"warehouse", Address(warehouse)}, {kCodeFact, Cat(code)}};
  bool unknown = code == kUnknownDatabase || code == kUnknownDatabaseOfItsOwn ||
                 text.starts_with("Unknown database");
  if (unknown) {
    return Error(Reason::WAREHOUSE_DATABASE_NOT_FOUND,
                 Cat("StarRocks at ", Address(warehouse), " has no database '", database, "'."),
                 "Create it, or name another one.", std::move(facts));
  }
  if (code == kAccessDenied) {
    return Error(Reason::WAREHOUSE_UNREACHABLE,
                 Cat("StarRocks at ", Address(warehouse), " refuses the login of '", warehouse.user,
                     "': ", text),
                 "Check user and password of the gateway's connection.", std::move(facts));
  }
  return Error(Reason::WAREHOUSE_UNREACHABLE,
               Cat("Cannot reach StarRocks at ", Address(warehouse), ": ", text),
               "Check host and port of the gateway's connection, and that the front end runs.",
               std::move(facts));
}

Rows ReadRows(MYSQL_RES* result) {
  Rows out;
  unsigned columns = mysql_num_fields(result);
  MYSQL_FIELD* fields = mysql_fetch_fields(result);
  for (unsigned i = 0; i < columns; ++i) {
    out.columns.emplace_back(fields[i].name, fields[i].name_length);
  }
  while (MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    std::vector<Value>& values = out.rows.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (row[i] != nullptr) values[i] = std::string(row[i], lengths[i]);
    }
  }
  return out;
}

void SetTimeout(MYSQL* handle, mysql_option option, absl::Duration duration) {
  auto seconds =
      static_cast<unsigned>(absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1))));
  mysql_optionsv(handle, option, &seconds);
}

}  // namespace

std::string Rows::Text(size_t row, std::string_view column) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (EqualIgnoringCase(columns[i], column)) return rows[row][i].value_or("");
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const config::Warehouse& warehouse,
                                                             const std::string& database,
                                                             const ConnectionOptions& options) {
  InitOnce();
  MYSQL* handle = mysql_init(nullptr);
  if (handle == nullptr) return Error(Reason::INTERNAL, "No memory for a connection");
  std::unique_ptr<Connection> out(
      new Connection(handle, Address(warehouse), options.answer_timeout));
  SetTimeout(handle, MYSQL_OPT_CONNECT_TIMEOUT, options.connect_timeout);
  SetTimeout(handle, MYSQL_OPT_READ_TIMEOUT, options.answer_timeout);
  SetTimeout(handle, MYSQL_OPT_WRITE_TIMEOUT, options.answer_timeout);
  mysql_optionsv(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // "localhost" would mean a socket file, which the front end does not have.
  unsigned protocol = MYSQL_PROTOCOL_TCP;
  mysql_optionsv(handle, MYSQL_OPT_PROTOCOL, &protocol);
  const char* name = database.empty() ? nullptr : database.c_str();
  MYSQL* connected = mysql_real_connect(handle, warehouse.host.c_str(), warehouse.user.c_str(),
                                        warehouse.password.value.c_str(), name,
                                        static_cast<unsigned>(warehouse.port), nullptr, 0);
  if (connected == nullptr) return Refused(handle, warehouse, database);
  return out;
}

Connection::~Connection() { mysql_close(handle_); }

absl::StatusOr<Rows> Connection::Query(const std::string& sql) {
  absl::Time start = SteadyNow();
  if (mysql_real_query(handle_, sql.data(), sql.size()) != 0) return Failed(SteadyNow() - start);
  Result result(mysql_store_result(handle_));
  if (result != nullptr) return ReadRows(result.get());
  if (mysql_errno(handle_) != 0) return Failed(SteadyNow() - start);
  return Rows();
}

absl::Status Connection::Failed(absl::Duration taken) const {
  unsigned code = mysql_errno(handle_);
  Facts facts = {{"warehouse", where_}, {kCodeFact, Cat(code)}};
  if (code != kServerGone && code != kServerLost) {
    return Error(
        Reason::WAREHOUSE_ERROR,
        Cat("StarRocks at ", where_, " answered with error ", code, ": ", mysql_error(handle_)), "",
        std::move(facts));
  }
  if (taken >= answer_timeout_) {
    return Error(Reason::DEADLINE_EXCEEDED,
                 Cat("StarRocks at ", where_, " has not answered within ",
                     absl::ToInt64Seconds(answer_timeout_), " s."),
                 "Find out what the front end is busy with, and try again.", std::move(facts));
  }
  return Error(Reason::WAREHOUSE_LOST,
               Cat("The connection to StarRocks at ", where_, " was lost: ", mysql_error(handle_)),
               "Nothing was changed. Run the command again.", std::move(facts));
}

void Connection::Abort() {
  my_socket socket = mysql_get_socket(handle_);
  if (socket >= 0) shutdown(socket, SHUT_RDWR);
}

std::string QuotedName(std::string_view name) { return schema::QuoteName(name); }
std::string QuotedText(std::string_view text) { return schema::QuoteText(text, '\''); }

}  // namespace stateserver::starrocks
