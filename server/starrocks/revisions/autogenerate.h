// SPDX-License-Identifier: Apache-2.0
//
// Construction of a new revision from a plan.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/graph.h"
#include "revisions/revision_file.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

// Returns the parents of a revision that extends `head` (default: the only head); empty for the
// first revision and for "base". Returns NOT_AT_HEAD if the live schema is at a different revision
// or a run is incomplete, and errors of Graph::Find.
absl::StatusOr<std::vector<std::string>> ParentsOf(const Graph& graph, const JournalState& state,
                                                   const std::string& head);

// RevisionHeader holds the properties of a revision that the plan does not contain.
struct RevisionHeader {
  std::string id;  // if empty, generated
  std::vector<std::string> down, depends_on, branches;
  std::string message;
};

// Returns a revision with the plan's steps and their predicted results, their undo in reverse
// order, and warnings and refusals as remarks. `live` is the schema before the plan, `to` the
// schema after it.
Revision MakeRevision(const RevisionHeader& header, const schema::Plan& plan,
                      const schema::LiveSchema& live, const std::vector<schema::Object>& to);

}  // namespace stateserver::revisions
