// SPDX-License-Identifier: Apache-2.0
//
// What a new revision follows.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "revisions/graph.h"
#include "revisions/revision_file.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/diff/plan/planner.h"
#include "server/starrocks/revisions/journal.h"

namespace stateserver::revisions {

// The parents of a revision that extends `head`, by default the only one: empty
// for the first revision, and for "base". NOT_AT_HEAD where the live schema is
// elsewhere, or a run has not come to its end; those of Graph::Find.
absl::StatusOr<std::vector<std::string>> ParentsOf(const Graph& graph, const JournalState& state,
                                                   const std::string& head);

// What the plan does not say.
struct RevisionHeader {
  std::string id;  // empty: made up
  std::vector<std::string> down, depends_on, branches;
  std::string message;
};

// The plan's steps with what was foretold of each, their undo backwards, and
// warnings and refusals as remarks. `live` is what the plan begins with, `to`
// where it leads.
Revision MakeRevision(const RevisionHeader& header, const schema::Plan& plan,
                      const schema::LiveSchema& live, const std::vector<schema::Object>& to);

}  // namespace stateserver::revisions
