// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/outcome.h"

#include "common/text.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::revisions {

namespace {

StatementOutcome ByLabel(const JournalEntry& entry, const Evidence& evidence) {
  switch (evidence.label) {
    case starrocks::LabelState::kDone:
      return {Verdict::kDone, Cat("the load ", entry.label, " is finished")};
    case starrocks::LabelState::kRunning:
      return {Verdict::kRunning, Cat("the load ", entry.label, " is not finished")};
    case starrocks::LabelState::kNone:
      break;
  }
  return {Verdict::kNotDone, Cat("there is no load ", entry.label)};
}

// A second run would do no harm, but the schema does not show whether the statement was run.
StatementOutcome WithoutDigest(const JournalEntry& entry, const StatementFacts& facts,
                               const Evidence& evidence) {
  if (!entry.label.empty()) return ByLabel(entry, evidence);
  if (facts.kind == StatementFacts::Kind::kRepeatable)
    return {Verdict::kNotDone, "it may safely be run twice"};
  return {Verdict::kUnknown, "it changes rows, and the engine does not report whether it was run"};
}

const starrocks::Job* JobOf(const JournalEntry& entry, const Evidence& evidence) {
  if (evidence.jobs.empty()) return nullptr;
  for (const starrocks::Job& job : evidence.jobs) {
    if (job.id == entry.job_id) return &job;
  }
  return entry.job_id == 0 ? &evidence.jobs.back() : nullptr;
}

std::string JobText(const starrocks::Job& job) {
  return Cat("job ", job.id, " (", job.kind, ") is ", job.state, job.message.empty() ? "" : ": ",
             job.message);
}

std::string DigestText(const std::string& digest) {
  return digest == schema::kNoObject ? "missing" : digest;
}

}  // namespace

StatementOutcome DecideOutcome(const JournalEntry& entry, const StatementFacts& facts,
                               const Evidence& evidence) {
  if (facts.is_dml() || facts.kind == StatementFacts::Kind::kRepeatable || entry.object.empty()) {
    return WithoutDigest(entry, facts, evidence);
  }
  const starrocks::Job* job = JobOf(entry, evidence);
  if (job != nullptr && !job->ended()) return {Verdict::kRunning, JobText(*job)};
  // A job certainly belongs to this run only if its id was recorded; otherwise it may be unrelated.
  bool ours = job != nullptr && entry.job_id != 0;
  if (ours) return {job->finished() ? Verdict::kDone : Verdict::kNotDone, JobText(*job)};
  bool foretold = !entry.foretold.empty() && entry.foretold != entry.object_digest;
  if (foretold && evidence.live == entry.foretold) {
    return {Verdict::kDone, Cat(entry.object, " is as the statement leaves it")};
  }
  if (!foretold && job != nullptr) {
    return {job->finished() ? Verdict::kDone : Verdict::kNotDone, JobText(*job)};
  }
  if (evidence.twins) return {Verdict::kUnknown, "both tables of the SWAP look the same"};
  if (evidence.live == entry.object_digest) {
    return {Verdict::kNotDone, Cat(entry.object, " is unchanged")};
  }
  if (!foretold) return {Verdict::kDone, Cat(entry.object, " has changed since then")};
  return {Verdict::kForeign,
          Cat(entry.object, " was ", DigestText(entry.object_digest), ", should be ",
              DigestText(entry.foretold), ", and is ", DigestText(evidence.live))};
}

}  // namespace stateserver::revisions
