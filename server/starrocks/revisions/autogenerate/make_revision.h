// SPDX-License-Identifier: Apache-2.0
//
// A plan as a revision.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "revisions/revision.h"
#include "server/starrocks/ddl/model/live_schema.h"
#include "server/starrocks/diff/plan/plan.h"

namespace stateserver::revisions {

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
