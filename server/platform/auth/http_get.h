// SPDX-License-Identifier: Apache-2.0
//
// One small document over HTTP.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace stateserver::auth {

// Follows no redirection; only status 200 counts. UNAVAILABLE-like errors are
// given as ARGUMENT_INVALID with the reason, and the URL without its secrets; so is a body over
// `max_bytes`.
absl::StatusOr<std::string> HttpGet(const std::string& url, size_t max_bytes, absl::Duration limit);

}  // namespace stateserver::auth
