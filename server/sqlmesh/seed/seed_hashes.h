// SPDX-License-Identifier: Apache-2.0
//
// The values that SQLMesh stores instead of a seed's content (SeedModel.to_dehydrated).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/sqlmesh/seed/csv.h"

namespace stateserver::state {

// SeedHashes holds pairs of a column's normalised name and its value, in the order of the CSV.
struct SeedHashes {
  // CRC-32 of the column's JSON as pandas writes it, in decimal digits.
  std::vector<std::pair<std::string, std::string>> column_hashes;
  // Stored only for a model without declared `columns`: "bigint", "double", "boolean" or "text".
  std::vector<std::pair<std::string, std::string>> derived_columns_to_types;
};

// Computes the hashes. `content` is the seed's CSV text, `dialect` the model's. Returns nullopt,
// with a reason as a phrase, if the result is not certain to equal that of SQLMesh with pandas;
// such a seed should be stored with its content, which SQLMesh can read too.
std::optional<SeedHashes> ComputeSeedHashes(std::string_view content, const CsvSettings& settings,
                                            std::string_view dialect, std::string* reason);

}  // namespace stateserver::state
