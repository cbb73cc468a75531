// SPDX-License-Identifier: Apache-2.0
//
// Expressions of models, which the fingerprints need: whatever the text is, there is a gen text or
// a reason for none. The first byte chooses the dialect.
#include <iterator>
#include <string_view>

#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/records/column_types.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fingerprint::GenOptions;
using stateserver::fingerprint::Unsupported;
using stateserver::fuzz::Check;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr const char* kDialects[] = {"",          "duckdb",     "bigquery",
                                       "snowflake", "clickhouse", "redshift"};
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  GenOptions options;
  options.dialect =
      stateserver::fingerprint::FindExpressionDialect(kDialects[data[0] % std::size(kDialects)]);
  std::string out;
  Unsupported expression, whens, properties, grants;
  Check(GenExpression(text, options, &out, &expression) == !expression.any());
  Check(GenWhens(text, options, &out, &whens) == !whens.any());
  std::vector<stateserver::fingerprint::Property> read;
  Check(ReadProperties(text, options, &read, &properties) == !properties.any());
  stateserver::fingerprint::GrantList list;
  Check(ReadGrants(text, options.dialect, &list, &grants) == !grants.any());
  stateserver::state::NestedType nested;
  nested.Parse(text);
  return 0;
}
