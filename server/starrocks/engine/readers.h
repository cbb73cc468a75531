// SPDX-License-Identifier: Apache-2.0
//
// The views of a database that read given objects, by the definitions that the engine lists.
#pragma once

#include <map>
#include <set>
#include <string>

namespace stateserver::starrocks {

// ListedDefinition is the text of a view in information_schema: a query, or a CREATE statement.
struct ListedDefinition {
  enum class Kind { kView, kMaterialized, kSynchronous };
  Kind kind = Kind::kView;
  std::string text;
};

// Returns the names of the synchronous materialized views that read one of `names`, and of the
// materialized views that read one of them, directly or through other views, with those views. A
// text that is not understood counts as reading every name in it. Takes time proportional to the
// texts.
std::set<std::string> FindReaders(const std::map<std::string, ListedDefinition>& listed,
                                  const std::set<std::string>& names, const std::string& database);

}  // namespace stateserver::starrocks
