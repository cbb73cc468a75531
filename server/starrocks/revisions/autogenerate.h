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
#include "server/starrocks/revisions/past_changes.h"

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

// Completes the parents and dependencies of a revision that extends `head` and depends on the named
// revisions. Errors are those of ParentsOf.
absl::Status Extend(const Graph& graph, const JournalState& state, const std::string& head,
                    const std::vector<std::string>& depends_on, RevisionHeader* header);

struct ProposalRequest {
  enum class Kind {
    kDeclared,  // from the live schema to the declared one
    kAdopt,     // from what the journal remembers to the live schema: accepts a drift
    kBaseline,  // from nothing to the live schema: the first revision
  };
  Kind kind = Kind::kDeclared;
  RevisionHeader header;
  // `managed`, `set_earlier` and `former_columns` are set by Propose.
  schema::PlanOptions options;
  PastChanges past;
};

// Proposal is a new revision with the plan that it consists of.
struct Proposal {
  schema::Plan plan;
  Revision revision;
  std::vector<schema::Object> to;  // the schema after it
};

// Proposes a revision. `live` is the whole database. For kAdopt, `declared` selects the objects to
// adopt besides those in the journal. For kDeclared, warns of objects that were changed outside the
// revisions, because their changes become part of the revision.
absl::StatusOr<Proposal> Propose(const ProposalRequest& request,
                                 const std::map<std::string, KnownObject>& known,
                                 const schema::LiveSchema& live,
                                 std::vector<schema::Object> declared);

// Returns a revision with the plan's steps and their predicted results, their undo in reverse
// order, and warnings and refusals as remarks. `live` is the schema before the plan, `to` the
// schema after it.
Revision MakeRevision(const RevisionHeader& header, const schema::Plan& plan,
                      const schema::LiveSchema& live, const std::vector<schema::Object>& to);

}  // namespace stateserver::revisions
