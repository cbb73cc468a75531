// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/compensation.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "revisions/statement.h"
#include "server/starrocks/revisions/run/pause.h"

namespace stateserver::revisions {
namespace {

bool SaysWhat(const Revision& revision) {
  return std::any_of(revision.downgrade.begin(), revision.downgrade.end(),
                     [](const SqlStep& step) { return step.notes.undoes != 0; });
}

}  // namespace

absl::StatusOr<std::vector<NumberedStep>> CompensatingSteps(const Revision& revision,
                                                            const std::set<int>& done) {
  bool says = SaysWhat(revision);
  bool mirrored = revision.downgrade.size() == revision.upgrade.size();
  int count = static_cast<int>(revision.upgrade.size());
  std::vector<NumberedStep> out;
  std::set<int> undone;
  for (size_t i = 0; i < revision.downgrade.size(); ++i) {
    const SqlStep& step = revision.downgrade[i];
    int undoes = step.notes.undoes;
    if (!says && mirrored) undoes = count - static_cast<int>(i);
    if (!done.contains(undoes)) continue;
    undone.insert(undoes);
    out.push_back({static_cast<int>(i) + 1, &step});
  }
  for (int seq : done) {
    const SqlStep& step = revision.upgrade[static_cast<size_t>(seq) - 1];
    bool harmless = Describe(step.statement).kind == StatementFacts::Kind::kRepeatable;
    if (undone.contains(seq) || harmless) continue;
    return Error(Reason::REVISION_IRREVERSIBLE,
                 Cat("Statement ", seq, " of revision ", revision.id,
                     " is done, and no statement of the downgrade undoes it."),
                 Cat("Write one into ", revision.file, " below `-- step: undoes=", seq,
                     "`, or go on with `stateclient schema repair`."),
                 {{"revision", revision.id}, {"statement", Cat(seq)}});
  }
  return out;
}

namespace {

absl::Status Unknown(const Revision& revision, const Entry& entry, const Judgement& judgement) {
  return Error(Reason::REPAIR_NEEDED,
               Cat("Nothing tells what became of statement ", entry.seq, " of revision ",
                   revision.id, ": ", judgement.why, "."),
               "Say what holds with `stateclient schema repair --on-failure compensate --assume "
               "done` or `--assume not-done`.",
               {{"revision", revision.id}, {"statement", Cat(entry.seq)}});
}

// Whether the engine has run the statement.
absl::StatusOr<bool> WasRun(const Revision& revision, const Entry& entry, Warehouse& warehouse,
                            const TakeBackOptions& options) {
  Pause pause;
  while (true) {
    ASSIGN_OR_RETURN(Judgement judgement, AskAbout(warehouse, entry));
    switch (judgement.verdict) {
      case Verdict::kDone:
        return true;
      case Verdict::kNotDone:
        return false;
      case Verdict::kUnknown:
      case Verdict::kForeign:
        if (options.assume == Assume::kNothing) return Unknown(revision, entry, judgement);
        return options.assume == Assume::kDone;
      case Verdict::kRunning:
        RETURN_IF_ERROR(options.call.Check());
        RETURN_IF_ERROR(options.lock.Check());
        pause.Sleep();
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<NumberedStep>> StepsBack(const Revision& revision, Direction direction,
                                                    const std::vector<Entry>& entries,
                                                    Warehouse& warehouse,
                                                    const TakeBackOptions& options) {
  if (direction == Direction::kDowngrade) {
    return Error(Reason::REVISION_IRREVERSIBLE,
                 Cat("Taking back revision ", revision.id, " was begun and cannot be undone."),
                 "Finish it with `stateclient schema repair`, then upgrade again.",
                 {{"revision", revision.id}});
  }
  std::set<int> done;
  for (const Entry& entry : entries) {
    if (entry.compensates || entry.status == EntryStatus::kFailed) continue;
    bool was_run = entry.status == EntryStatus::kDone;
    if (!was_run) {
      ASSIGN_OR_RETURN(was_run, WasRun(revision, entry, warehouse, options));
    }
    if (was_run) done.insert(entry.seq);
  }
  return CompensatingSteps(revision, done);
}

}  // namespace stateserver::revisions
