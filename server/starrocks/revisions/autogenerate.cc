// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/autogenerate.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/error.h"
#include "common/sha256.h"
#include "common/text.h"
#include "revisions/revision_file.h"
#include "revisions/words.h"
#include "server/starrocks/apply/plan_check.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/capabilities.h"
#include "server/starrocks/query/database.h"
#include "server/starrocks/revisions/drift.h"

namespace stateserver::revisions {

absl::StatusOr<std::vector<std::string>> ParentsOf(const Graph& graph, const JournalState& state,
                                                   const std::string& head) {
  if (state.open) {
    return Error(Reason::NOT_AT_HEAD,
                 Cat("Revision '", state.open->revision, "' was started and is not finished."),
                 "Finish it with Upgrade, or finish, undo or abandon it with Repair.",
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
               "Upgrade to `head` first, or name the revision it follows in `head`.",
               {{"live", JoinList(state.heads)}});
}

namespace {

// Returns one digest of several objects.
std::string Together(const std::map<std::string, std::string>& digests) {
  constexpr size_t kDigits = 16;
  std::string text;
  for (const auto& [name, digest] : digests) AppendTo(&text, name, " ", digest, "\n");
  return Sha256::Hex(text).substr(0, kDigits);
}

// Returns true if an undo's statement loses data; its step has no information on this.
bool LosesData(std::string_view statement) {
  return statement.starts_with("DROP TABLE ") || statement.find(" DROP COLUMN ") != statement.npos;
}

class RevisionMaker {
 public:
  RevisionMaker(const schema::Plan& plan, const schema::LiveSchema& live,
                const std::vector<schema::Object>& to)
      : plan_(plan), live_(live), to_(to) {}

  Revision Make(const RevisionHeader& header) {
    out_.id = header.id.empty() ? NewRevisionId() : header.id;
    out_.down = header.down;
    out_.depends_on = header.depends_on;
    out_.branches = header.branches;
    out_.message = header.message;
    out_.created = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
    out_.engine = schema::PrintVersion(live_.engine.version);
    Upgrade();
    Downgrade();
    Digests();
    Remarks();
    return std::move(out_);
  }

 private:
  void Upgrade() {
    for (const schema::Step& step : plan_.steps) {
      SqlStep out;
      out.notes.object = step.object.name;
      out.notes.step_class = schema::StepClassWord(step.step_class);
      out.notes.job = step.job;
      out.notes.destructive = step.destructive;
      out.notes.before = step.before;
      out.notes.after = step.after;
      out.statement = step.statement;
      out_.upgrade.push_back(std::move(out));
    }
  }

  void Downgrade() {
    for (size_t i : plan_.undo_order) {
      const schema::Step& step = plan_.steps[i];
      bool alone = step.undo.statements.size() == 1;
      for (const std::string& statement : step.undo.statements) {
        SqlStep out;
        out.notes.object = step.object.name;
        out.notes.undoes = static_cast<int>(i) + 1;
        if (alone) {
          out.notes.before = step.after;
          out.notes.after = step.before;
        }
        if (alone && step.step_class == schema::StepClass::kMetadata) {
          out.notes.step_class = schema::StepClassWord(step.step_class);
          out.notes.job = false;
        }
        out.statement = statement;
        out.notes.destructive = LosesData(statement);
        out_.downgrade.push_back(std::move(out));
      }
      std::string what = Cat(step.object.name, ": ", step.undo.why);
      if (step.undo.reversibility == schema::Reversibility::kImpossible) {
        out_.irreversible.push_back(what);
      }
      if (step.undo.reversibility == schema::Reversibility::kLossy) {
        out_.remarks.push_back(Cat("lossy downgrade: ", what));
      }
    }
  }

  void Digests() {
    std::map<std::string, std::string> before, after;
    for (const schema::Step& step : plan_.steps) {
      before[step.object.name] = schema::kNoObject;
      after[step.object.name] = schema::kNoObject;
    }
    for (const schema::LiveObject& one : live_.objects) {
      auto found = before.find(one.object.name.name);
      if (found != before.end()) found->second = ObjectDigest(one.object, live_.engine);
    }
    for (const schema::Object& one : to_) {
      auto found = after.find(one.name.name);
      if (found != after.end()) found->second = ObjectDigest(one, live_.engine, /*printed=*/false);
    }
    for (const schema::Step& step : plan_.steps) {
      if (!step.after.empty()) after[step.object.name] = step.after;
    }
    out_.before = Together(before);
    out_.after = Together(after);
  }

  void Remarks() {
    for (const schema::PlanWarning& one : plan_.warnings) {
      out_.remarks.push_back(Cat("warning: ", one.object.name, one.attribute.empty() ? "" : " ",
                                 one.attribute, ": ", one.message));
    }
    for (const schema::Refusal& one : plan_.refusals) {
      out_.remarks.push_back(Cat("refused: ", one.object.name, " ", one.attribute, ": ", one.reason,
                                 one.hint.empty() ? "" : " - ", one.hint));
    }
  }

  const schema::Plan& plan_;
  const schema::LiveSchema& live_;
  const std::vector<schema::Object>& to_;
  Revision out_;
};

// Returns the schema that the live one is compared with: what the journal remembers.
absl::StatusOr<schema::LiveSchema> Before(const ProposalRequest& request,
                                          const std::map<std::string, KnownObject>& known,
                                          const schema::LiveSchema& live) {
  schema::LiveSchema from;
  from.engine = live.engine;
  from.database = live.database;
  if (request.kind == ProposalRequest::Kind::kBaseline) return from;
  ASSIGN_OR_RETURN(auto remembered, RememberedObjects(known, live.database));
  for (schema::Object& one : remembered) from.objects.push_back({one, std::nullopt, ""});
  return from;
}

// Checks the way back from `after`, the schema after the upgrade. What the engine would refuse
// makes the revision irreversible.
void CheckDowngrade(const schema::Engine& engine, apply::Catalog after, Proposal* out) {
  std::vector<apply::PlannedStatement> back;
  for (const SqlStep& step : out->revision.downgrade) {
    back.push_back({step.statement, step.notes.destructive});
  }
  apply::PlanCheck down = apply::CheckStatements(back, std::move(after), engine);
  for (const apply::Judged& one : down.unknown) {
    out->revision.remarks.push_back(Cat("it is not known whether StarRocks takes statement ",
                                        one.number, " of the downgrade: ", one.verdict.words));
  }
  if (down.refused) {
    const SqlStep& step = out->revision.downgrade[down.refused->number - 1];
    out->revision.irreversible.push_back(
        Cat(step.notes.object, ": ", apply::RefusalText(*down.refused, step.statement)));
  }
}

// Returns the database to which the statements of an adopted or first revision apply: `from`, which
// the journal remembers, and the live objects that the revision does not contain.
schema::LiveSchema Surroundings(const schema::LiveSchema& from, const schema::LiveSchema& live,
                                const std::vector<schema::Object>& to) {
  std::set<schema::ObjectName> there;
  for (const schema::LiveObject& one : from.objects) there.insert(one.object.name);
  for (const schema::Object& one : to) there.insert(one.name);
  schema::LiveSchema out = from;
  for (const schema::LiveObject& one : live.objects) {
    if (!there.contains(one.object.name)) out.objects.push_back(one);
  }
  out.unread = live.unread;
  return out;
}

// Checks a revision whose result is live already. What the engine would refuse is a refusal of the
// plan, since the revision may be run on another database.
absl::Status CheckAdopted(const ProposalRequest& request, const schema::LiveSchema& from,
                          const schema::LiveSchema& live, Proposal* out) {
  schema::LiveSchema before = Surroundings(from, live, out->to);
  apply::PlanCheck up =
      apply::CheckSteps(before, /*printed=*/true, &out->plan, request.options.meter);
  if (request.options.meter != nullptr) RETURN_IF_ERROR(request.options.meter->status());
  if (up.refused) {
    out->plan.refusals.back().hint =
        "The live schema is recorded as it is; correct the statement in the file before the "
        "revision is run on another database.";
  }
  out->revision = MakeRevision(request.header, out->plan, from, out->to);
  if (!up.refused) CheckDowngrade(live.engine, std::move(up.after), out);
  return absl::OkStatus();
}

absl::StatusOr<Proposal> ProposeLive(const ProposalRequest& request, schema::PlanOptions options,
                                     const std::map<std::string, KnownObject>& known,
                                     const schema::LiveSchema& live,
                                     const std::vector<schema::Object>& declared) {
  std::set<std::string> wanted;
  for (const schema::Object& one : declared) wanted.insert(one.name.name);
  for (const auto& [name, object] : known) wanted.insert(name);
  Proposal out;
  for (const schema::LiveObject& one : live.objects) {
    bool taken =
        options.looked_at(one.object.name) &&
        (request.kind == ProposalRequest::Kind::kBaseline || wanted.contains(one.object.name.name));
    if (taken) out.to.push_back(one.object);
  }
  for (const schema::UnreadObject& one : live.unread) options.unread[one.name] = one.reason;
  options.partitions = true;
  options.complete = true;
  ASSIGN_OR_RETURN(schema::LiveSchema from, Before(request, known, live));
  // The revision also runs where the database has another name.
  std::vector<schema::Object> to;
  for (const schema::Object& one : out.to) to.push_back(schema::query::WithoutDatabase(one));
  ASSIGN_OR_RETURN(out.plan, MakePlan(from, /*printed=*/true, to, options));
  RETURN_IF_ERROR(CheckAdopted(request, from, live, &out));
  return out;
}

// Returns an error if the engine would refuse a statement of the plan.
absl::Status CheckUpgrade(const ProposalRequest& request, const schema::LiveSchema& live,
                          Proposal* out) {
  apply::PlanCheck up =
      apply::CheckSteps(live, /*printed=*/true, &out->plan, request.options.meter);
  if (request.options.meter != nullptr) RETURN_IF_ERROR(request.options.meter->status());
  if (up.refused) {
    const schema::Step& step = out->plan.steps[up.refused->number - 1];
    return Error(Reason::STATEMENT_FAILED,
                 Cat(apply::RefusalText(*up.refused, step.statement), ". No revision was written."),
                 "Change the declaration.",
                 {{"object", step.object.name}, {"evidence", up.refused->verdict.evidence}});
  }
  out->revision = MakeRevision(request.header, out->plan, live, out->to);
  CheckDowngrade(live.engine, std::move(up.after), out);
  return absl::OkStatus();
}

}  // namespace

Revision MakeRevision(const RevisionHeader& header, const schema::Plan& plan,
                      const schema::LiveSchema& live, const std::vector<schema::Object>& to) {
  return RevisionMaker(plan, live, to).Make(header);
}

absl::Status Extend(const Graph& graph, const JournalState& state, const std::string& head,
                    const std::vector<std::string>& depends_on, RevisionHeader* header) {
  ASSIGN_OR_RETURN(header->down, ParentsOf(graph, state, head));
  for (const std::string& name : depends_on) {
    ASSIGN_OR_RETURN(const Revision* found, graph.Find(name));
    header->depends_on.push_back(found->id);
  }
  return absl::OkStatus();
}

absl::StatusOr<Proposal> Propose(const ProposalRequest& request,
                                 const std::map<std::string, KnownObject>& known,
                                 const schema::LiveSchema& live,
                                 std::vector<schema::Object> declared) {
  schema::PlanOptions options = request.options;
  options.managed = [&known](const schema::ObjectName& name) { return known.contains(name.name); };
  if (request.kind != ProposalRequest::Kind::kDeclared) {
    return ProposeLive(request, std::move(options), known, live, declared);
  }
  options.set_earlier = [&](const schema::ObjectName& name, const std::string& key) {
    return request.past.Sets(name.name, key);
  };
  options.former_columns = [&](const schema::ObjectName& name) {
    return request.past.FormerColumns(name.name);
  };
  Proposal out;
  out.to = std::move(declared);
  ASSIGN_OR_RETURN(out.plan, MakePlan(live, /*printed=*/true, out.to, options));
  ASSIGN_OR_RETURN(Drift drift, FindDrift(live, known));
  for (const std::string& name : drift.drifted) {
    out.plan.warnings.push_back({{live.database, name},
                                 "",
                                 "was changed outside the revisions: this revision contains its "
                                 "difference from the declaration"});
  }
  RETURN_IF_ERROR(CheckUpgrade(request, live, &out));
  return out;
}

}  // namespace stateserver::revisions
