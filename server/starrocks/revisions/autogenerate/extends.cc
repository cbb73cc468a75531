// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/autogenerate/extends.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::revisions {

absl::StatusOr<std::vector<std::string>> ParentsOf(const Graph& graph, const JournalState& state,
                                                   const std::string& head) {
  if (state.open) {
    return Error(Reason::NOT_AT_HEAD,
                 Cat("Revision ", state.open->revision, " was begun and is not finished."),
                 "Finish it with `stateclient schema upgrade`, or see `stateclient schema repair`.",
                 {{"revision", state.open->revision}});
  }
  std::vector<std::string> parents;
  bool first = graph.all().empty() || head == "base";
  if (!first) {
    ASSIGN_OR_RETURN(const Revision* found, graph.Find(head.empty() ? "head" : head));
    parents.push_back(found->id);
  }
  bool there =
      first ? state.heads.empty() || head == "base"
            : std::find(state.heads.begin(), state.heads.end(), parents[0]) != state.heads.end();
  if (there) return parents;
  return Error(Reason::NOT_AT_HEAD,
               Cat("The live schema is at ",
                   state.heads.empty() ? std::string("no revision") : JoinList(state.heads),
                   ", and the new revision would follow ", first ? "none" : parents[0], "."),
               "Run `stateclient schema upgrade head` first, or say with --head what it follows.",
               {{"live", JoinList(state.heads)}});
}

}  // namespace stateserver::revisions
