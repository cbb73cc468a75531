// SPDX-License-Identifier: Apache-2.0
//
// The text of a seed cut into fields, as pandas' C parser cuts it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/seed/csv_settings.h"

namespace stateserver::state {

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
