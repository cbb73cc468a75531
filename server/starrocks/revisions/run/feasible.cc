// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/feasible.h"

#include "common/error.h"
#include "common/text.h"
#include "revisions/statement.h"
#include "revisions/words.h"

namespace stateserver::revisions {
namespace {

using Kind = StatementFacts::Kind;

bool WasBegun(const PlannedRun& run, int seq) {
  for (const Entry& entry : run.entries) {
    bool begun = entry.status != EntryStatus::kFailed;
    if (!entry.compensates && entry.seq == seq && begun) return true;
  }
  return false;
}

bool HasWord(const std::string& lower, std::string_view words) {
  return lower.find(words) != lower.npos;
}

absl::Status WouldFail(const PlannedRun& run, int seq, const std::string& object,
                       std::string_view what) {
  return Error(Reason::STATEMENT_FAILED,
               Cat("Statement ", seq, " of revision ", run.revision->id, " would fail: ", object,
                   " ", what, ". Nothing was changed."),
               "See `stateclient schema check --drift` for what was changed by hand, and "
               "`stateclient schema stamp` if the revision is applied already.",
               {{"revision", run.revision->id}, {"statement", Cat(seq)}, {"object", object}});
}

}  // namespace

absl::Status CheckFeasible(const PlannedRun& run, Presence* presence) {
  int seq = 0;
  for (const SqlStep& step : run.steps()) {
    ++seq;
    StatementFacts facts = Describe(step.statement);
    auto found = presence->live.find(facts.object);
    // Other databases, and statements that name nothing.
    if (facts.object.empty() || !facts.database.empty() || found == presence->live.end()) continue;
    bool begun = WasBegun(run, seq);
    std::string lower = Lower(step.statement);
    bool create = facts.kind == Kind::kCreate, drop = facts.kind == Kind::kDrop;
    bool lenient = HasWord(lower, "if not exists") || HasWord(lower, "if exists") ||
                   HasWord(lower, "or replace");
    if (!begun && !lenient && create && found->second) {
      return WouldFail(run, seq, facts.object, "is there already");
    }
    bool needs = !create && facts.kind != Kind::kRepeatable;
    if (!begun && !lenient && needs && !found->second) {
      return WouldFail(run, seq, facts.object, "is not there");
    }
    if (create) found->second = true;
    if (drop) found->second = false;
    if (!facts.renamed.empty()) {
      found->second = false;
      presence->live[facts.renamed] = true;
    }
  }
  return absl::OkStatus();
}

}  // namespace stateserver::revisions
