// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/plan.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/sha256.h"
#include "common/text.h"
#include "revisions/revision_file.h"
#include "revisions/statement.h"
#include "revisions/words.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/revisions/run/gate.h"
#include "server/starrocks/revisions/run/step_runner.h"
#include "server/starrocks/revisions/run/writer_clauses.h"

namespace stateserver::revisions {

namespace {

std::vector<std::string> ListOf(const Ids& ids) { return {ids.begin(), ids.end()}; }
Ids IdsOf(const std::vector<std::string>& list) { return {list.begin(), list.end()}; }

absl::Status Changed(const Revision& revision, std::string_view what) {
  return Error(Reason::REVISION_CHANGED, Cat(revision.file, ": ", what),
               "Restore the file, and write the change as a new revision.",
               {{"file", revision.file}, {"revision", revision.id}});
}

class RunPlanner {
 public:
  RunPlanner(const Graph& graph, const JournalState& state, const PlanRequest& request,
             Warehouse& warehouse)
      : graph_(graph), state_(state), request_(request), warehouse_(warehouse) {}

  absl::StatusOr<RevisionRunPlan> Plan() {
    plan_.heads_before = state_.heads;
    heads_ = IdsOf(state_.heads);
    RETURN_IF_ERROR(CheckApplied());
    RETURN_IF_ERROR(PlanOpen());
    RETURN_IF_ERROR(PlanPath());
    plan_.heads_after = ListOf(heads_);
    ASSIGN_OR_RETURN(Surroundings around, InspectObjects());
    RETURN_IF_ERROR(request_.check_role(plan_));
    RETURN_IF_ERROR(CheckReversible());
    RETURN_IF_ERROR(CheckDatabases());
    RETURN_IF_ERROR(CheckStatements(around));
    plan_.digest = Digest();
    return std::move(plan_);
  }

 private:
  absl::Status CheckApplied() const {
    for (const auto& [id, sum] : state_.applied) {
      const Revision* revision = graph_.Get(id);
      if (revision == nullptr || sum.empty() || revision->sum == sum) continue;
      return Changed(*revision,
                     Cat("revision '", id, "' is applied, and its file has been edited"));
    }
    return absl::OkStatus();
  }

  static absl::Status CheckEntries(const Revision& revision, const std::vector<SqlStep>& steps,
                                   const std::vector<JournalEntry>& entries) {
    for (const JournalEntry& entry : entries) {
      if (entry.compensates || entry.status == EntryStatus::kFailed) continue;
      size_t at = static_cast<size_t>(entry.seq) - 1;
      if (at < steps.size() && Sha256::Hex(steps[at].statement) == entry.statement_digest) continue;
      return Error(
          Reason::REVISION_CHANGED,
          Cat(revision.file, ": statement ", entry.seq,
              " was run already, and has been edited since then: it was ", entry.statement),
          "Restore the file, and write the change as a new revision; or end the run as it "
          "is: Repair with `abandon`.",
          {{"file", revision.file}, {"revision", revision.id}, {"statement", Cat(entry.seq)}});
    }
    return absl::OkStatus();
  }

  absl::Status PlanOpen() {
    if (!state_.open) return absl::OkStatus();
    PlannedRun run;
    run.open = state_.open;
    run.entries = state_.entries;
    run.direction = state_.open->direction;
    run.revision = graph_.Get(state_.open->revision);
    if (run.revision == nullptr) {
      return Error(
          Reason::REVISION_NOT_FOUND,
          Cat("Revision '", state_.open->revision, "' was started, but no file contains it."),
          "Add its file to the folder, or end the run as it is: Repair with `abandon`.",
          {{"revision", state_.open->revision},
           {"direction", DirectionName(state_.open->direction)}});
    }
    bool upgrade = run.direction == Direction::kUpgrade;
    bool back = request_.kind == RunKind::kDowngrade && upgrade;
    run.compensate = state_.open->status == "compensating" || back || request_.compensate;
    RETURN_IF_ERROR(CheckEntries(*run.revision, run.steps(), run.entries));
    RETURN_IF_ERROR(Find(&run));
    if (!run.compensate) {
      ASSIGN_OR_RETURN(heads_, graph_.After(heads_, *run.revision, upgrade));
    }
    run.heads_after = ListOf(heads_);
    plan_.runs.push_back(std::move(run));
    return absl::OkStatus();
  }

  absl::Status Find(PlannedRun* run) const {
    for (const JournalEntry& entry : run->entries) {
      bool open = entry.status == EntryStatus::kIntended || entry.status == EntryStatus::kSent;
      if (!open || entry.compensates) continue;
      ASSIGN_OR_RETURN(StatementOutcome outcome, QueryOutcome(warehouse_, entry));
      constexpr const char* kWords[] = {"done", "not done", "running", "not known", "foreign"};
      run->findings[entry.seq] =
          Cat(kWords[static_cast<size_t>(outcome.verdict)], ": ", outcome.why);
    }
    return absl::OkStatus();
  }

  absl::Status PlanPath() {
    if (request_.kind == RunKind::kRepair) return absl::OkStatus();
    bool upgrade = request_.kind == RunKind::kUpgrade;
    ASSIGN_OR_RETURN(Path path, upgrade ? graph_.UpgradePath(heads_, request_.target)
                                        : graph_.DowngradePath(heads_, request_.target));
    for (const Revision* revision : path) {
      PlannedRun run;
      run.revision = revision;
      run.direction = upgrade ? Direction::kUpgrade : Direction::kDowngrade;
      ASSIGN_OR_RETURN(heads_, graph_.After(heads_, *revision, upgrade));
      run.heads_after = ListOf(heads_);
      plan_.runs.push_back(std::move(run));
    }
    return absl::OkStatus();
  }

  absl::Status CheckReversible() const {
    std::string reasons, first;
    for (const PlannedRun& run : plan_.runs) {
      if (run.direction != Direction::kDowngrade) continue;
      const Revision& revision = *run.revision;
      std::vector<std::string> why = revision.irreversible;
      if (why.empty() && revision.downgrade.empty() && !revision.upgrade.empty()) {
        why = {"its downgrade has no statements"};
      }
      for (const std::string& one : why) {
        if (first.empty()) first = revision.id;
        AppendTo(&reasons, reasons.empty() ? "" : "\n", revision.id, " (", revision.message,
                 "): ", one);
      }
    }
    if (reasons.empty()) return absl::OkStatus();
    return Error(Reason::REVISION_IRREVERSIBLE,
                 Cat("The engine cannot take this back; nothing was changed.\n", reasons),
                 "Stop at a later target, or write the statements into the downgrade by hand and "
                 "remove `-- irreversible:`.",
                 {{"revision", first}});
  }

  // Digests and jobs are queried in one database.
  absl::Status CheckDatabases() const {
    for (const PlannedRun& run : plan_.runs) {
      for (const SqlStep& step : run.steps()) {
        std::string database = Describe(step.statement).database;
        if (database.empty() || database == warehouse_.database()) continue;
        return Error(
            Reason::REVISION_INVALID,
            Cat(run.revision->file, ":", step.line, ": the statement changes the database ",
                database, ", and the run changes ", warehouse_.database()),
            "Leave out the name of the database, and keep the revisions of each database in a "
            "separate folder.",
            {{"file", run.revision->file}, {"line", Cat(step.line)}});
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Surroundings> InspectObjects() {
    std::set<std::string> names;
    for (const PlannedRun& run : plan_.runs) names.merge(TouchedObjects(run.steps()));
    std::set<std::string> wanted = names;
    for (const PlannedRun& run : plan_.runs) {
      wanted.merge(
          NamesOf(run.compensate ? run.revision->downgrade : run.steps(), warehouse_.database()));
    }
    ASSIGN_OR_RETURN(Surroundings around, InspectSurroundings(wanted, warehouse_));
    plan_.live = StatesOf(around.live, names);
    ASSIGN_OR_RETURN(plan_.engine, warehouse_.QueryEngine());
    for (const std::string& name : names) {
      if (!plan_.live.contains(name)) plan_.live[name].digest = "-";
    }
    return around;
  }

  absl::Status CheckStatements(const Surroundings& around) {
    Presence presence;
    for (const auto& [name, object] : plan_.live) presence.live[name] = object.digest != "-";
    for (const PlannedRun& run : plan_.runs) {
      if (run.compensate) continue;
      RETURN_IF_ERROR(CheckFeasible(run, &presence));
      Compare(run);
    }
    return CheckRun(around, &plan_, request_.meter);
  }

  // Returns "4.0" for "4.0.4".
  static std::string Release(const std::string& version) {
    return version.substr(0, std::min(version.find('.', version.find('.') + 1), version.size()));
  }

  // Warns about an engine, or objects, that differ from those the revision was made for.
  void Compare(const PlannedRun& run) {
    std::string live_engine = schema::PrintVersion(plan_.engine.version);
    const std::string& engine = run.revision->engine;
    if (!engine.empty() && Release(engine) != Release(live_engine)) {
      plan_.warnings.push_back(Cat("revision '", run.revision->id, "' was written for StarRocks ",
                                   engine, ", and this is ", live_engine));
    }
    for (const SqlStep& step : run.steps()) {
      const std::string& object = step.notes.object;
      if (object.empty() || step.notes.before.empty() || !seen_.insert(object).second) continue;
      auto found = plan_.live.find(object);
      if (run.open || found == plan_.live.end() || found->second.digest == step.notes.before)
        continue;
      plan_.warnings.push_back(Cat(object, " is not what revision '", run.revision->id,
                                   "' was made from: its digest was ", step.notes.before,
                                   " and is ", found->second.digest));
    }
  }

  std::string Digest() const {
    Sha256 sum;
    for (const std::string& head : plan_.heads_before) sum.UpdateText(head);
    for (const PlannedRun& run : plan_.runs) {
      sum.UpdateText(run.revision->id);
      sum.UpdateText(run.revision->sum);
      sum.UpdateText(run.compensate ? "compensate" : DirectionName(run.direction));
      for (const JournalEntry& entry : run.entries) {
        sum.UpdateText(Cat(entry.seq, entry.status == EntryStatus::kDone ? " done" : " begun"));
      }
    }
    for (const auto& [name, object] : plan_.live) sum.UpdateText(Cat(name, " ", object.digest));
    return sum.FinishHex().substr(0, 32);
  }

  const Graph& graph_;
  const JournalState& state_;
  const PlanRequest& request_;
  Warehouse& warehouse_;
  Ids heads_;
  std::set<std::string> seen_;
  RevisionRunPlan plan_;
};

using Kind = StatementFacts::Kind;

bool WasBegun(const PlannedRun& run, int seq) {
  for (const JournalEntry& entry : run.entries) {
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
  return Error(
      Reason::STATEMENT_FAILED,
      Cat("Statement ", seq, " of revision '", run.revision->id, "' would fail: ", object, " ",
          what, ". Nothing was changed."),
      "Find what was changed by hand with CheckDrift, or record the revision with Stamp if it is "
      "applied already.",
      {{"revision", run.revision->id},
       {"statement", Cat(seq)},
       {"object", object},
       {"live", std::string(what)}});
}

}  // namespace

absl::StatusOr<Graph> ReadGraph(const std::vector<RevisionText>& files, WorkMeter* meter) {
  std::vector<Revision> revisions;
  size_t statements = 0;
  for (const RevisionText& file : files) {
    if (!meter->MayContinue(static_cast<int64_t>(file.text.size()))) return meter->status();
    ASSIGN_OR_RETURN(Revision revision, ReadRevision(file.name, file.text));
    statements += revision.upgrade.size() + revision.downgrade.size();
    if (statements > kMostRunStatements) {
      return Error(
          Reason::REVISION_INVALID,
          Cat(file.name, ": the files together have more than ", kMostRunStatements, " statements"),
          "Move old revisions elsewhere, and start again with a baseline.", {{"file", file.name}});
    }
    revisions.push_back(std::move(revision));
  }
  return Graph::Make(std::move(revisions));
}

std::set<std::string> TouchedObjects(const std::vector<SqlStep>& steps) {
  std::set<std::string> names;
  for (const SqlStep& step : steps) {
    StatementFacts facts = Describe(step.statement);
    for (const std::string& name :
         {step.notes.object, facts.object, facts.renamed, facts.swapped}) {
      if (!name.empty()) names.insert(name);
    }
  }
  return names;
}

absl::StatusOr<RevisionRunPlan> PlanRevisionRun(const Graph& graph, const JournalState& state,
                                                const PlanRequest& request, Warehouse& warehouse) {
  return RunPlanner(graph, state, request, warehouse).Plan();
}

absl::Status CheckFeasible(const PlannedRun& run, Presence* presence) {
  int seq = 0;
  for (const SqlStep& step : run.steps()) {
    ++seq;
    StatementFacts facts = Describe(step.statement);
    auto found = presence->live.find(facts.object);
    // Skips other databases, and statements that name nothing.
    if (facts.object.empty() || !facts.database.empty() || found == presence->live.end()) continue;
    bool begun = WasBegun(run, seq);
    std::string lower = Lower(step.statement);
    bool create = facts.kind == Kind::kCreate, drop = facts.kind == Kind::kDrop;
    bool lenient = HasWord(lower, "if not exists") || HasWord(lower, "if exists") ||
                   HasWord(lower, "or replace");
    if (!begun && !lenient && create && found->second) {
      return WouldFail(run, seq, facts.object, "exists already");
    }
    bool needs = !create && facts.kind != Kind::kRepeatable;
    if (!begun && !lenient && needs && !found->second) {
      return WouldFail(run, seq, facts.object, "does not exist");
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

std::optional<std::string> FindDestructive(const RevisionRunPlan& plan) {
  WriterClauses clauses(plan.live);
  for (const PlannedRun& run : plan.runs) {
    if (run.compensate || run.direction == Direction::kDowngrade) {
      return Cat("revision '", run.revision->id, "' is undone");
    }
    for (size_t i = 0; i < run.steps().size(); ++i) {
      const SqlStep& step = run.steps()[i];
      bool noted = step.notes.destructive || step.notes.step_class == "copy_swap";
      std::string which = Cat("statement ", i + 1, " of revision '", run.revision->id, "' ");
      if (noted) return which + "destroys or rebuilds";
      auto why = clauses.WhyNot(step.statement);
      if (why) return Cat(which, "does more than create or extend (", *why, ")");
    }
  }
  return std::nullopt;
}

}  // namespace stateserver::revisions
