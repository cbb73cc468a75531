// SPDX-License-Identifier: Apache-2.0
//
// Splitting of a seed's text into fields, equivalent to pandas' C parser.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::state {

// CsvSettings describes how the CSV text of a seed is read (CsvSettings in SQLMesh). Unset members
// mean pandas' defaults.
struct CsvSettings {
  std::optional<std::string> delimiter;
  std::optional<std::string> quotechar;
  std::optional<bool> doublequote;
  std::optional<std::string> escapechar;
  std::optional<bool> skipinitialspace;
  std::optional<std::string> lineterminator;
  std::optional<std::string> encoding;
  std::optional<std::vector<std::string>> na_values;
  // True if na_values is a dictionary, or a list with elements that are not texts.
  bool na_values_not_texts = false;
  std::optional<bool> keep_default_na;
};

// CsvTable holds the fields without quotes. Fields missing at the end of a row are "".
struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> columns;  // as many as `header`
  size_t rows = 0;
};

// Splits `content`. Returns nullopt, with a reason, if pandas is not certain to see the same
// fields: settings beyond a plain delimiter and quote, carriage returns, quotes inside unquoted
// text or after quoted text, rows longer than the header, an unterminated quote, NUL.
std::optional<CsvTable> ReadCsv(std::string_view content, const CsvSettings& settings,
                                std::string* reason);

}  // namespace stateserver::state
