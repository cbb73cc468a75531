// SPDX-License-Identifier: Apache-2.0
//
// URLs in logs and messages.
#pragma once

#include <string>
#include <string_view>

namespace stateserver {

// The URL without user, password, query and fragment, any of which may hold a secret.
std::string UrlWithoutSecrets(std::string_view url);

}  // namespace stateserver
