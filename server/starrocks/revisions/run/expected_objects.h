// SPDX-License-Identifier: Apache-2.0
//
// The objects that applied revisions leave.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "revisions/revision_file.h"
#include "server/starrocks/ddl/engine.h"
#include "server/starrocks/query/recorded.h"
#include "server/starrocks/revisions/run/warehouse.h"

namespace stateserver::revisions {

// ExpectedObjects determines, from the statements of revisions, how they leave each object.
class ExpectedObjects {
 public:
  // Adds a revision after those that it extends.
  void Add(const Revision& revision);

  // Returns one sentence for each object that differs in the live schema, in the order of names. An
  // object is compared with its digest, if its last statement predicts it, with its CREATE
  // statement, if it is the last one, or else not at all. Queries that are `recorded` together are
  // equal.
  std::vector<std::string> Differences(const std::map<std::string, LiveObjectState>& live,
                                       const schema::Engine& engine, const std::string& database,
                                       const schema::query::RecordedQueries& recorded = {}) const;

 private:
  // Expected is what the last statement about an object says; without a member it says nothing.
  struct Expected {
    std::string revision;
    bool dropped = false;
    std::string digest;
    std::string create;
  };

  std::map<std::string, Expected> objects_;
};

}  // namespace stateserver::revisions
