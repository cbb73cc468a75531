// SPDX-License-Identifier: Apache-2.0
//
// A StarRocks connection as one text.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"

namespace stateserver::config {

// "starrocks://user:password@host:9030/[catalog.]database", with %XX for bytes
// that would end a part; password, port, catalog and database may be missing.
// Errors: ARGUMENT_INVALID, one sentence that never shows the password.
absl::StatusOr<Warehouse> ParseWarehouseUrl(std::string_view url);

}  // namespace stateserver::config
