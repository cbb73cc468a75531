// SPDX-License-Identifier: Apache-2.0

#include "server/platform/config/warehouse_url.h"

#include <charconv>
#include <optional>
#include <string>

#include "common/error.h"
#include "common/network_address.h"
#include "common/text.h"

namespace stateserver::config {
namespace {

constexpr std::string_view kScheme = "starrocks://";
constexpr int kMostPort = 65535;

absl::Status Wrong(std::string_view what) {
  return Error(Reason::ARGUMENT_INVALID, Cat("The StarRocks URL ", what),
               "Use the form starrocks://user:password@host:9030/database.");
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Returns nullopt if a % is not followed by two hex digits. The connector reads texts up to a NUL,
// so %00 is not accepted either.
std::optional<std::string> Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

// `login` is the part before the @.
absl::Status ReadLogin(std::string_view login, Warehouse* out) {
  size_t colon = login.find(':');
  auto user = Decode(login.substr(0, colon));
  auto password = Decode(colon == login.npos ? "" : login.substr(colon + 1));
  if (!user || !password)
    return Wrong("has a % without two hexadecimal digits, or %00, in its login");
  if (user->empty()) return Wrong("has no user");
  out->user = *user;
  out->password = Secret{*password};
  return absl::OkStatus();
}

absl::Status ReadAddress(std::string_view address, Warehouse* out) {
  HostPort parts = SplitHostPort(address);
  if (parts.host.empty()) return Wrong("has no host");
  out->host = parts.host;
  if (!parts.port) return absl::OkStatus();
  const std::string& port = *parts.port;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out->port);
  bool number = error == std::errc() && end == port.data() + port.size();
  if (number && out->port >= 1 && out->port <= kMostPort) return absl::OkStatus();
  // Not repeated: a password with an unencoded @ and : would end up here.
  return Wrong(Cat("has a port that is not a number from 1 to ", kMostPort));
}

absl::Status ReadPath(std::string_view path, Warehouse* out) {
  if (path.find_first_of("/?#") != path.npos)
    return Wrong("has more than a database after the host");
  size_t dot = path.find('.');
  auto catalog = Decode(dot == path.npos ? "" : path.substr(0, dot));
  auto database = Decode(dot == path.npos ? path : path.substr(dot + 1));
  if (!catalog || !database)
    return Wrong("has a % without two hexadecimal digits, or %00, in its database");
  if (dot != path.npos && (catalog->empty() || database->empty())) {
    return Wrong("has a dot without a catalog or a database beside it");
  }
  out->catalog = *catalog;
  if (!database->empty()) out->database = *database;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Warehouse> ParseWarehouseUrl(std::string_view url) {
  if (!url.starts_with(kScheme)) return Wrong("does not begin with starrocks://");
  if (url.find('\0') != url.npos) return Wrong("has a NUL character");
  url.remove_prefix(kScheme.size());
  size_t slash = url.find('/');
  std::string_view authority = url.substr(0, slash);
  size_t at = authority.rfind('@');
  if (at == authority.npos) return Wrong("has no user before an @");
  Warehouse out;
  out.type = "starrocks";
  RETURN_IF_ERROR(ReadLogin(authority.substr(0, at), &out));
  RETURN_IF_ERROR(ReadAddress(authority.substr(at + 1), &out));
  if (slash != url.npos) RETURN_IF_ERROR(ReadPath(url.substr(slash + 1), &out));
  return out;
}

}  // namespace stateserver::config
