#include "server/revisions/run/compensation.h"

#include <algorithm>

#include "common/error.h"
#include "common/revisions/statement.h"
#include "common/text.h"

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

}  // namespace stateserver::revisions
