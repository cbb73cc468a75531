// SPDX-License-Identifier: Apache-2.0
//
// UUIDs of operations and restore points (RFC 4122, version 4).
#pragma once

#include <string>
#include <string_view>

namespace stateserver {

// Returns 122 random bits from the operating system, as "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx" in
// lower case.
std::string NewUuid();

// Returns true for 8-4-4-4-12 hex digits of any version, variant and case.
bool IsUuid(std::string_view text);

// Returns 32 random hex digits, the form of the ids in SQLMesh's `_intervals` table.
std::string NewHexId();

}  // namespace stateserver
