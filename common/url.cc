// SPDX-License-Identifier: Apache-2.0

#include "common/url.h"

#include <algorithm>

namespace stateserver {

std::string UrlWithoutSecrets(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  size_t scheme = url.find("://");
  size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  // Uses the last @, because a password may contain an unencoded @ or slash.
  size_t at = url.rfind('@');
  size_t host = at == std::string_view::npos ? authority : std::max(authority, at + 1);
  return std::string(url.substr(0, authority)).append(url.substr(host));
}

}  // namespace stateserver
