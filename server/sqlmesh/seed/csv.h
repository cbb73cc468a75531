// SPDX-License-Identifier: Apache-2.0
//
// The text of a seed cut into fields, as pandas' C parser cuts it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::state {

// How the CSV text of a seed is to be read (CsvSettings in SQLMesh); unset means
// pandas' default.

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

// Fields are given without quotes; fields missing at the end of a row are "".
struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> columns;  // as many as `header`
  size_t rows = 0;
};

// nullopt, and why in `reason`, for everything in which pandas is not certain to
// see the same fields: settings beyond a plain delimiter and quote, carriage
// returns, quotes inside unquoted text or after quoted text, rows longer than
// the header, an unfinished quote, NUL.
std::optional<CsvTable> ReadCsv(std::string_view content, const CsvSettings& settings,
                                std::string* reason);

}  // namespace stateserver::state
