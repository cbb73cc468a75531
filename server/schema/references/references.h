// What a query reads.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/schema/model/object.h"

namespace stateserver::schema {

struct References {
  // Names after FROM and JOIN that are no WITH of the query; `database` is
  // filled in where they have none. Names with a catalog are left out.
  std::set<ObjectName> relations;
  // Every name in the query, in lower case: columns, aliases, functions.
  std::set<std::string> words;
  // Those of them that are no alias: names of columns, as far as can be told.
  std::set<std::string> columns;
  bool star = false;  // SELECT * or t.*

  bool MayRead(const std::string& folded_column) const {
    return star || words.contains(folded_column);
  }
};

// Nothing of a query that cannot be cut into tokens.
References ReferencesOf(std::string_view query, const std::string& database);

}  // namespace stateserver::schema
