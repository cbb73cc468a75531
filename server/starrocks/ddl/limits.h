// SPDX-License-Identifier: Apache-2.0
//
// What one call may bring of declarations: the table in docs/security.md.
#pragma once

#include <cstddef>

namespace stateserver::schema {

// Of the texts. A schema of 5,000 tables with 100 columns each has about 40 MiB and 4 million
// tokens.
inline constexpr size_t kMostTokens = 6'000'000;           // in all files of a call
inline constexpr size_t kMostStatementTokens = 1'000'000;  // in one statement
inline constexpr size_t kMostNameBytes = 4096;             // the engine's 1,024 characters
// Of what they declare.
inline constexpr size_t kMostObjects = 50'000;      // in all files of a call
inline constexpr size_t kMostColumns = 4096;        // of one table, view, STRUCT or list of names
inline constexpr size_t kMostProperties = 1000;     // of one list
inline constexpr size_t kMostPartitions = 100'000;  // of one table, as the engine's own limit
inline constexpr size_t kMostIndexes = 1000;        // of one table; as many rollups
// Reading ends at this many problems: nobody looks at more.
inline constexpr size_t kMostProblems = 1000;

}  // namespace stateserver::schema
