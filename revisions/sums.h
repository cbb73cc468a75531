// SPDX-License-Identifier: Apache-2.0
//
// The file `revisions.sum`: the checksum of every revision file, in the format of sha256sum.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::revisions {

inline constexpr char kSumsFile[] = "revisions.sum";

using Sums = std::map<std::string, std::string>;  // file, SHA-256 in hex

// Parses the file. Returns REVISION_INVALID, naming the invalid line.
absl::StatusOr<Sums> ReadSums(std::string_view text);
std::string PrintSums(const Sums& sums);

}  // namespace stateserver::revisions
