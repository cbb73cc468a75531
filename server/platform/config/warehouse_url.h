// SPDX-License-Identifier: Apache-2.0
//
// A StarRocks connection as a URL.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "server/platform/config/config.h"

namespace stateserver::config {

// Parses "starrocks://user:password@host:9030/[catalog.]database". %XX encodes bytes that would end
// a part. Password, port, catalog and database are optional. Returns ARGUMENT_INVALID with one
// sentence that never shows the password.
absl::StatusOr<Warehouse> ParseWarehouseUrl(std::string_view url);

}  // namespace stateserver::config
