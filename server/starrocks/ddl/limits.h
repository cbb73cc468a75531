// SPDX-License-Identifier: Apache-2.0
//
// Limits on the declarations of one call; docs/security.md lists them.
#pragma once

#include <cstddef>

namespace stateserver::schema {

// Limits on texts. A schema of 5,000 tables with 100 columns each has about 40 MiB and 4 million
// tokens.
inline constexpr size_t kMostTokens = 6'000'000;           // in all files of a call
inline constexpr size_t kMostStatementTokens = 1'000'000;  // in one statement
inline constexpr size_t kMostNameBytes = 4096;             // the engine allows 1,024 characters
// Limits on declared objects.
inline constexpr size_t kMostObjects = 50'000;      // in all files of a call
inline constexpr size_t kMostColumns = 4096;        // in one table, view, STRUCT or list of names
inline constexpr size_t kMostProperties = 1000;     // in one list
inline constexpr size_t kMostPartitions = 100'000;  // in one table, which is also the engine's
                                                    // limit
inline constexpr size_t kMostIndexes = 1000;        // in one table; the same limit applies to
                                                    // rollups
// Reading stops after this many problems, since no user would read more.
inline constexpr size_t kMostProblems = 1000;

}  // namespace stateserver::schema
