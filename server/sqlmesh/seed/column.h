// SPDX-License-Identifier: Apache-2.0
//
// One column of a seed: the type pandas infers, and the JSON text SQLMesh hashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "server/sqlmesh/seed/csv.h"

namespace stateserver::state {

// The texts that mean a missing value.
class MissingValues {
 public:
  // nullopt, and why in `reason`, for na_values that pandas also takes as numbers.
  static std::optional<MissingValues> From(const CsvSettings& settings, std::string* reason);

  bool Contains(std::string_view field) const {
    return texts_.contains(absl::string_view(field.data(), field.size()));
  }

 private:
  absl::flat_hash_set<std::string> texts_;
};

struct SeedColumn {
  // SQLMesh's name of the inferred type: "bigint", "double", "boolean", "text".
  std::string_view type;
  // Series.to_json(): {"0":…,"1":…}.
  std::string json;
};

// nullopt, and why in `reason`, where pandas' answer is not certain: integers
// beyond 18 digits, decimals whose tenth place is in doubt, very large and very
// small ones, infinity.
std::optional<SeedColumn> InferColumn(const std::vector<std::string>& fields,
                                      const MissingValues& missing, std::string* reason);

}  // namespace stateserver::state
