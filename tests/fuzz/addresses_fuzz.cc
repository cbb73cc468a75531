// SPDX-License-Identifier: Apache-2.0
//
// A text as each of the short values of a configuration: addresses, URLs, sizes, durations.
#include <algorithm>
#include <string>

#include "common/error.h"
#include "common/network_address.h"
#include "common/text.h"
#include "common/url.h"
#include "server/platform/config/address.h"
#include "server/platform/config/conninfo.h"
#include "server/platform/config/expand.h"
#include "server/platform/config/units.h"
#include "server/platform/config/warehouse_url.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace config = stateserver::config;

std::string Encoded(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string Printed(const config::Warehouse& warehouse) {
  std::string url = "starrocks://" + Encoded(warehouse.user) + ":" +
                    Encoded(warehouse.password.value) + "@" + "[" + warehouse.host +
                    "]:" + std::to_string(warehouse.port) + "/";
  if (!warehouse.catalog.empty()) url += Encoded(warehouse.catalog) + ".";
  return url + Encoded(warehouse.database.value_or(""));
}

void CheckWarehouse(std::string_view text) {
  auto warehouse = config::ParseWarehouseUrl(text);
  if (!warehouse.ok()) {
    Check(stateserver::ReasonOf(warehouse.status()) == stateserver::Reason::ARGUMENT_INVALID);
    return;
  }
  Check(!warehouse->user.empty() && !warehouse->host.empty());
  Check(warehouse->port >= 1 && warehouse->port <= 65535);
  if (warehouse->host.find_first_of("[]@/") != std::string::npos) return;
  auto again = config::ParseWarehouseUrl(Printed(*warehouse));
  Check(again.ok() && *again == *warehouse);
}

void CheckAddress(std::string_view text) {
  stateserver::HostPort parts = stateserver::SplitHostPort(text);
  std::string again = parts.bracketed ? "[" + parts.host + "]" : parts.host;
  if (parts.port) again += ":" + *parts.port;
  Check(again == text);
  if (!text.starts_with('[') || parts.bracketed) {
    Check(stateserver::SplitHostPort(stateserver::WithPort(text, 7)).port == "7");
  }
  std::string group = stateserver::AddressGroup(text);
  Check(group.find('\0') == group.npos || text.find('\0') != text.npos);
  if (config::IsListenAddress(text) && !text.starts_with("unix:")) {
    Check(stateserver::IsPort(*parts.port) && !parts.host.empty());
  }
  if (config::IsLoopback(text) && !text.starts_with("unix:")) {
    std::string host = stateserver::Lower(parts.host);
    Check(host == "localhost" || host.find_first_not_of("0123456789abcdef.:") == host.npos);
  }
}

void CheckUnits(std::string_view text) {
  if (auto size = config::ParseSize(text)) {
    Check(*size > 0 && config::ParseSize(config::SizeText(*size)) == size);
  }
  if (auto duration = config::ParseDuration(text)) {
    Check(*duration >= absl::ZeroDuration());
    Check(config::ParseDuration(config::DurationText(*duration)) == duration);
  }
}

void CheckUrl(std::string_view text) {
  std::string shown = stateserver::UrlWithoutSecrets(text);
  // "***" replaces what is hidden.
  Check(shown.size() <= text.size() + 3 && shown.find_first_of("?#@") == shown.npos);
  Check(stateserver::UrlWithoutSecrets(shown) == shown);
  if (auto url = stateserver::ParseHttpUrl(text)) {
    Check(!url->host.empty() && shown.starts_with(url->https ? "https://" : "http://"));
    Check(url->host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-:") ==
          std::string::npos);
  }
}

void CheckExpansion(std::string_view text) {
  auto variable = [](const std::string& name) -> std::optional<std::string> {
    return name == "A" ? std::optional<std::string>("${B}{{") : std::nullopt;
  };
  config::Expansion expansion = config::Expand(text, variable);
  Check(expansion.error.empty() || expansion.text.empty());
  bool plain = text.find('$') == text.npos && text.find('{') == text.npos;
  if (plain) Check(expansion.error.empty() && expansion.text == text);
  // A role in SQL is one word or one quoted name.
  if (config::IsRoleName(text)) {
    Check(text.find(';') == text.npos || text.front() == '"');
    Check(std::count(text.begin(), text.end(), '"') % 2 == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  CheckWarehouse(text);
  CheckAddress(text);
  CheckUnits(text);
  CheckUrl(text);
  CheckExpansion(text);
  return 0;
}
