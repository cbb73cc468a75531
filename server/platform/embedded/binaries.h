// SPDX-License-Identifier: Apache-2.0
//
// Where PostgreSQL's programs are.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace stateserver::postgres::embedded {

inline constexpr int kOldestMajor = 13;
inline constexpr int kNewestMajor = 17;

struct Binaries {
  std::string initdb;
  std::string postgres;
  int major = 0;
};

// The programs of PostgreSQL `wanted` (an existing cluster's major version) or,
// without it, of the newest from 13 to 17; looked for in $STATESERVER_PG_BIN
// alone when that is set, else in the usual folders and in $PATH.
// DATABASE_UNREACHABLE names what was found instead.
absl::StatusOr<Binaries> FindBinaries(std::optional<int> wanted);

}  // namespace stateserver::postgres::embedded
