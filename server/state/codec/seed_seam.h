// How the codec asks for what SQLMesh computes with pandas when it drops the
// CSV text of a seed.
#pragma once

#include <simdjson.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stateserver::state {

// In the order of the CSV's columns: {column, value}.
struct SeedHashes {
  std::vector<std::pair<std::string, std::string>> column_hashes;
  // Column types that SQLMesh derives; used when the model declares none.
  std::vector<std::pair<std::string, std::string>> derived_types;
};

// Views are valid during the call.
struct SeedSource {
  std::string_view content;
  std::string_view dialect;
  // The CsvSettings object of the kind, nullptr when it has none.
  const simdjson::dom::element* csv_settings;
  // Whether derived_types are needed, and column_hashes.
  bool needs_types;
  bool needs_hashes;
};

// nullopt: cannot be reproduced with certainty; the seed stays hydrated.
using SeedHasher = std::function<std::optional<SeedHashes>(const SeedSource&)>;

}  // namespace stateserver::state
