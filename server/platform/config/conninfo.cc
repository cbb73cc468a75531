// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/conninfo.h"

#include <cctype>
#include <optional>

namespace stateserver::config {
namespace {

void Append(std::string_view keyword, std::string_view value, std::string* out) {
  if (!out->empty()) *out += ' ';
  out->append(keyword).append("='");
  for (char c : value) {
    if (c == '\'' || c == '\\') *out += '\\';
    *out += c;
  }
  *out += '\'';
}

void AppendOptional(std::string_view keyword, const std::optional<std::string>& value,
                    std::string* out) {
  if (value) Append(keyword, *value, out);
}

bool IsPlainName(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0]))) return false;
  for (char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '$') return false;
  }
  return true;
}

}  // namespace

std::string Conninfo(const StateConnection& connection) {
  std::string out;
  Append("host", connection.host, &out);
  Append("port", connection.port, &out);
  Append("user", connection.user, &out);
  // An empty password would prevent libpq from reading ~/.pgpass.
  if (!connection.password.value.empty()) {
    Append("password", connection.password.value, &out);
  }
  Append("dbname", connection.database, &out);
  Append("application_name", connection.application_name.value_or("stateserver"), &out);
  Append("connect_timeout", std::to_string(connection.connect_timeout_seconds), &out);
  if (connection.keepalives_idle_seconds) {
    Append("keepalives_idle", std::to_string(*connection.keepalives_idle_seconds), &out);
  }
  AppendOptional("sslmode", connection.sslmode, &out);
  AppendOptional("sslrootcert", connection.sslrootcert, &out);
  AppendOptional("sslcert", connection.sslcert, &out);
  AppendOptional("sslkey", connection.sslkey, &out);
  AppendOptional("target_session_attrs", connection.target_session_attrs, &out);
  return out;
}

std::string SetupSql(const StateConnection& connection) {
  return connection.role ? "SET ROLE " + *connection.role : "";
}

bool IsRoleName(std::string_view text) {
  if (IsPlainName(text)) return true;
  if (text.size() < 3 || text.front() != '"' || text.back() != '"') return false;
  std::string_view inner = text.substr(1, text.size() - 2);
  return inner.find_first_of(std::string_view("\"\0", 2)) == std::string_view::npos;
}

}  // namespace stateserver::config
