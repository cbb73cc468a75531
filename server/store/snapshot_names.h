// Names of snapshots as people type them.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::store {

// `"lake"."sales"."orders"` as `lake.sales.orders`. A name with a dot or a
// quote inside a part keeps that part's characters.
std::string WithoutQuotes(std::string_view name);

// The same in SQL, over a column.
std::string WithoutQuotesSql(std::string_view column);

// A shell pattern (`*`, `?`, `[abc]`, `[!abc]`) as an anchored POSIX regular
// expression of PostgreSQL.
std::string GlobToRegex(std::string_view glob);

}  // namespace stateserver::store
