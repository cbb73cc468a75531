// SPDX-License-Identifier: Apache-2.0
//
// Queries of views: a tree is printed, and reads back the same; a query is what the engine prints
// for it, and stays so without the name of its database.
#include <optional>
#include <string>

#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/database.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/print.h"
#include "server/starrocks/query/same.h"
#include "server/starrocks/query/tree_compare.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace query = stateserver::schema::query;

// The longest text of which more is asked than that it can be read.
constexpr size_t kMostCompared = 4096;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  query::ParsedQuery parsed = query::ParseQuery(text);
  Check((parsed.query == nullptr) == parsed.error.has_value());
  std::string shorter = query::WithoutDatabase(text, "db");
  Check(shorter.size() <= text.size());
  if (parsed.error) {
    Check(!parsed.error->Text().empty() && shorter == text);
    return 0;
  }
  std::string printed = query::PrintTree(*parsed.query);
  query::ParsedQuery again = query::ParseQuery(printed);
  if (!again.error) Check(query::IsSameTree(*parsed.query, *again.query));
  std::optional<query::Analysis> reads = query::AnalyzeText(text, "db", nullptr);
  Check(reads.has_value());
  for (const auto& [name, columns] : reads->columns) Check(reads->relations.contains(name));
  if (size > kMostCompared) return 0;
  Check(query::IsPrintedAs(text, std::string(text) + " ", "db", nullptr) == std::optional(true));
  Check(query::WithoutDatabase(shorter, "db") == shorter);
  return 0;
}
