// SPDX-License-Identifier: Apache-2.0
//
// What the applied revisions did that the live schema does not show.
#pragma once

#include <map>
#include <set>
#include <string>

#include "revisions/graph.h"

namespace stateserver::revisions {

// PastChanges reads the statements of the applied revisions: which properties they set, and which
// columns they renamed.
class PastChanges {
 public:
  PastChanges() = default;
  // `applied` are the ids of the applied revisions, with their checksums. Revisions that the graph
  // does not contain are skipped.
  PastChanges(const Graph& graph, const std::map<std::string, std::string>& applied);

  // Returns true if a statement named the property of the object. Copies of SHOW CREATE TABLE do
  // not count for the properties that the engine always prints.
  bool Sets(const std::string& object, const std::string& property) const;
  // Returns the names, in lower case, that renamed columns had when they were created. The engine
  // does not accept another column of such a name.
  std::set<std::string> FormerColumns(const std::string& table) const;

 private:
  struct Facts {
    std::set<std::string> properties;
    std::map<std::string, std::string> ids;  // of renamed columns, by name, both in lower case
  };

  void ReadCreate(const std::string& statement);
  void ReadAlter(const std::string& statement);

  std::map<std::string, Facts> objects_;
};

}  // namespace stateserver::revisions
