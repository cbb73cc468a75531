// SPDX-License-Identifier: Apache-2.0
//
// One column of a seed: the type that pandas infers, and the JSON text that SQLMesh hashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "server/sqlmesh/seed/csv.h"

namespace stateserver::state {

// MissingValues is the set of texts that mean a missing value.
class MissingValues {
 public:
  // Returns nullopt, with a reason, for na_values that pandas also interprets as numbers.
  static std::optional<MissingValues> From(const CsvSettings& settings, std::string* reason);

  bool Contains(std::string_view field) const {
    return texts_.contains(absl::string_view(field.data(), field.size()));
  }

 private:
  absl::flat_hash_set<std::string> texts_;
};

struct SeedColumn {
  // SQLMesh's name of the inferred type: "bigint", "double", "boolean" or "text".
  std::string_view type;
  // The result of Series.to_json(): {"0":…,"1":…}.
  std::string json;
};

// Infers the column. Returns nullopt, with a reason, if pandas' result is not certain: integers
// beyond 18 digits, decimals whose tenth place is in doubt, very large and very small decimals,
// infinity.
std::optional<SeedColumn> InferColumn(const std::vector<std::string>& fields,
                                      const MissingValues& missing, std::string* reason);

}  // namespace stateserver::state
