// SPDX-License-Identifier: Apache-2.0
//
// URLs in logs and messages.
#pragma once

#include <string>
#include <string_view>

namespace stateserver {

// Returns the URL without user, password, query and fragment, each of which may contain a secret.
std::string UrlWithoutSecrets(std::string_view url);

}  // namespace stateserver
