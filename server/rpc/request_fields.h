// SPDX-License-Identifier: Apache-2.0
//
// The table of request fields: how long each may be.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

namespace stateserver::rpc {

// The limits of a kind of field: bytes of one value and, where it is repeated, values.
struct FieldLimit {
  size_t bytes;
  size_t values = 1;
};

// Names of gateways, databases, environments, models, tables, files and revisions.
inline constexpr FieldLimit kName{1024};
inline constexpr FieldLimit kNames{1024, 10'000};
// UUIDs, identifiers and fingerprints.
inline constexpr FieldLimit kId{128};
// Digests and state tokens that this server made.
inline constexpr FieldLimit kDigest{256};
// Tokens of a page hold the names of its last entry and the filters.
inline constexpr FieldLimit kPageToken{64 << 10};
// Patterns are matched against every name, so there are few of them.
inline constexpr FieldLimit kGlob{1024};
inline constexpr FieldLimit kGlobs{1024, 1'000};
inline constexpr FieldLimit kMessage{4096};
// Versions and times, as text.
inline constexpr FieldLimit kVersion{128};
inline constexpr FieldLimit kProperties{0, 100};
// Messages; their own fields have rows of their own.
inline constexpr FieldLimit kPieces{0, 10'000};
inline constexpr FieldLimit kRecords{0, 100'000};
// One piece of a file; stateclient sends half of it at a time.
inline constexpr FieldLimit kContent{1 << 20};
// transfer::kMaxPartBytes, which the import checks and explains.
inline constexpr FieldLimit kElsewhere{std::numeric_limits<size_t>::max()};

struct FieldRow {
  // As "ImportBegin.gateway".
  std::string_view field;
  FieldLimit limit;
};

// A row for each text, bytes and repeated field of each request. A test compares it with the
// protocol; see request_limits.h for the check.
std::span<const FieldRow> RequestFields();

}  // namespace stateserver::rpc
