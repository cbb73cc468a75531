// SPDX-License-Identifier: Apache-2.0
//
// What SQLMesh keeps of a seed's content when it stores the model without it
// (SeedModel.to_dehydrated).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/sqlmesh/seed/csv.h"

namespace stateserver::state {

// Pairs of a column's normalised name and its value, in the order of the CSV.
struct SeedHashes {
  // CRC-32 of the column's JSON as pandas writes it, in decimal digits.
  std::vector<std::pair<std::string, std::string>> column_hashes;
  // To be stored only for a model without declared `columns`: "bigint",
  // "double", "boolean", "text".
  std::vector<std::pair<std::string, std::string>> derived_columns_to_types;
};

// `content` is the seed's CSV text, `dialect` the model's. nullopt, and why in
// `reason` (a phrase), whenever the result is not certain to be what SQLMesh
// with pandas computes; such a seed is best stored with its content, which
// SQLMesh reads as well.
std::optional<SeedHashes> ComputeSeedHashes(std::string_view content, const CsvSettings& settings,
                                            std::string_view dialect, std::string* reason);

}  // namespace stateserver::state
