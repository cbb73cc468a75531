// SPDX-License-Identifier: Apache-2.0
//
// How the CSV text of a seed is to be read (CsvSettings in SQLMesh); unset means
// pandas' default.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace stateserver::state {

struct CsvSettings {
  std::optional<std::string> delimiter;
  std::optional<std::string> quotechar;
  std::optional<bool> doublequote;
  std::optional<std::string> escapechar;
  std::optional<bool> skipinitialspace;
  std::optional<std::string> lineterminator;
  std::optional<std::string> encoding;
  std::optional<std::vector<std::string>> na_values;
  // na_values is a dictionary, or a list with other things than texts.
  bool na_values_not_texts = false;
  std::optional<bool> keep_default_na;
};

}  // namespace stateserver::state
