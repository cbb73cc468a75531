// SPDX-License-Identifier: Apache-2.0
//
// `revisions.sum`: the checksum of every revision file, as sha256sum writes and
// checks them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::revisions {

inline constexpr char kSumsFile[] = "revisions.sum";

using Sums = std::map<std::string, std::string>;  // file, SHA-256 in hex

// REVISION_INVALID names the line that is none.
absl::StatusOr<Sums> ReadSums(std::string_view text);
std::string PrintSums(const Sums& sums);

}  // namespace stateserver::revisions
