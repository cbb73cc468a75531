// SPDX-License-Identifier: Apache-2.0
//
// The commands schema upgrade, downgrade and repair.
#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/revisions/offline.h"
#include "client/revisions/run_call.h"
#include "client/revisions/run_view.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::client {
namespace {

enum class Verb { kUpgrade, kDowngrade, kRepair };

constexpr const char* kNames[] = {"schema upgrade", "schema downgrade", "schema repair"};
constexpr const char* kTitles[] = {"Upgrading", "Downgrading", "Repairing"};

struct SchemaUpgradeOptions {
  Verb verb = Verb::kUpgrade;
  RevisionOptions common;
  std::string target, on_failure, plan, lock_timeout, timeout, operation_id, assume;
  bool sql = false, dry_run = false, yes = false, abandon = false;

  const char* name() const { return kNames[static_cast<size_t>(verb)]; }
};

absl::StatusOr<pb::OnFailure> OnFailureOf(const SchemaUpgradeOptions& options) {
  if (options.on_failure.empty() || options.on_failure == "stop") return pb::ON_FAILURE_STOP;
  if (options.on_failure == "compensate") return pb::ON_FAILURE_COMPENSATE;
  return UsageError(options.name(), Cat("Invalid value for '--on-failure': '", options.on_failure,
                                        "' is not one of 'stop', 'compensate'."));
}

absl::StatusOr<pb::Assumption> AssumptionOf(const SchemaUpgradeOptions& options) {
  if (options.assume.empty()) return pb::ASSUMPTION_UNSPECIFIED;
  if (options.assume == "done") return pb::ASSUMPTION_DONE;
  if (options.assume == "not-done") return pb::ASSUMPTION_NOT_DONE;
  return UsageError(options.name(), Cat("Invalid value for '--assume': '", options.assume,
                                        "' is not one of 'done', 'not-done'."));
}

absl::StatusOr<pb::RunOptions> RunOptionsOf(Session& session, const SchemaUpgradeOptions& options) {
  pb::RunOptions out;
  *out.mutable_scope() = ScopeOf(session, options.common);
  ASSIGN_OR_RETURN(*out.mutable_operation_id(), OperationId(options.operation_id, options.name()));
  out.set_plan_digest(options.plan);
  ASSIGN_OR_RETURN(pb::OnFailure on_failure, OnFailureOf(options));
  out.set_on_failure(on_failure);
  ASSIGN_OR_RETURN(int64_t wait,
                   MillisecondsOf(options.lock_timeout, -1, options.name(), "--lock-timeout"));
  if (wait >= 0) *out.mutable_lock_wait() = DurationOf(wait);
  ASSIGN_OR_RETURN(int64_t timeout,
                   MillisecondsOf(options.timeout, 0, options.name(), "--timeout"));
  if (timeout > 0) *out.mutable_timeout() = DurationOf(timeout);
  ASSIGN_OR_RETURN(*out.mutable_version_table(), VersionTableOf(options.common, options.name()));
  return out;
}

// Runner executes one command: shows the plan, asks for confirmation, and runs it.
class Runner {
 public:
  Runner(Session& session, Client& client, const SchemaUpgradeOptions& options,
         const RevisionFolder& folder)
      : session_(session), client_(client), options_(options), folder_(folder) {}

  absl::Status Execute(pb::RunOptions run) {
    ASSIGN_OR_RETURN(assumption_, AssumptionOf(options_));
    if (options_.dry_run || !options_.yes) {
      pb::RunOptions look = run;
      look.set_dry_run(true);
      ASSIGN_OR_RETURN(RunAnswer dry, Call(
                                          look, [](const auto&) {}, [](const auto&) {}));
      if (options_.dry_run) return ReportDry(dry);
      if (dry.plan.revisions.empty()) return Nothing(dry);
      PrintRunPlan(session_.console(), session_.json() ? session_.talk() : session_.out(),
                   dry.plan);
      ASSIGN_OR_RETURN(bool go, Confirmed(session_, false, Question()));
      if (!go) return absl::OkStatus();
      // Ensures that the run executes the plan that was shown.
      run.set_plan_digest(dry.plan.facts.digest());
    }
    return Change(run);
  }

 private:
  std::string Question() const {
    if (options_.abandon) return "Abandon it? No statement is run.";
    constexpr const char* kQuestions[] = {"Apply it?", "Take it back?", "Continue it?"};
    return kQuestions[static_cast<size_t>(options_.verb)];
  }

  absl::Status Change(const pb::RunOptions& run) {
    std::unique_ptr<RunProgress> progress;
    auto on_plan = [&](const RunPlan& plan) {
      if (options_.yes && !session_.json()) PrintRunPlan(session_.console(), session_.out(), plan);
      session_.out().flush();
      if (plan.revisions.empty()) return;
      if (plan.abandons()) {
        session_.talk() << "Operation: " << run.operation_id() << '\n';
        return;
      }
      session_.talk() << "Operation: " << run.operation_id() << '\n';
      progress = std::make_unique<RunProgress>(
          session_.console(), kTitles[static_cast<size_t>(options_.verb)], CountStatements(plan));
    };
    auto on_statement = [&](const pb::StatementProgress& one) {
      if (progress != nullptr) progress->Take(one);
    };
    absl::StatusOr<RunAnswer> answer = Call(run, on_plan, on_statement);
    if (progress != nullptr) progress->Finish();
    RETURN_IF_ERROR(answer.status());
    return Report(*answer);
  }

  absl::StatusOr<RunAnswer> Call(
      const pb::RunOptions& run, const std::function<void(const RunPlan&)>& on_plan,
      const std::function<void(const pb::StatementProgress&)>& on_statement) {
    if (options_.verb == Verb::kUpgrade) {
      pb::UpgradeBegin begin;
      *begin.mutable_options() = run;
      begin.set_target(options_.target);
      auto stream = client_.Upgrade();
      return FollowRun<pb::UpgradeRequest, pb::UpgradeResponse>(session_, client_, *stream, begin,
                                                                folder_, on_plan, on_statement);
    }
    if (options_.verb == Verb::kDowngrade) {
      pb::DowngradeBegin begin;
      *begin.mutable_options() = run;
      begin.set_target(options_.target);
      auto stream = client_.Downgrade();
      return FollowRun<pb::DowngradeRequest, pb::DowngradeResponse>(
          session_, client_, *stream, begin, folder_, on_plan, on_statement);
    }
    pb::RepairBegin begin;
    *begin.mutable_options() = run;
    begin.set_assume(assumption_);
    begin.set_abandon(options_.abandon);
    auto stream = client_.Repair();
    return FollowRun<pb::RepairRequest, pb::RepairResponse>(session_, client_, *stream, begin,
                                                            folder_, on_plan, on_statement);
  }

  absl::Status ReportDry(const RunAnswer& answer) {
    if (session_.json()) {
      session_.out() << JsonObject().Raw("plan", RunPlanToJson(answer.plan)).Finish() << '\n';
    } else if (answer.plan.revisions.empty()) {
      return Nothing(answer);
    } else {
      PrintRunPlan(session_.console(), session_.out(), answer.plan);
    }
    return absl::OkStatus();
  }

  absl::Status Nothing(const RunAnswer& answer) {
    if (session_.json()) {
      session_.out() << JsonObject().Raw("plan", RunPlanToJson(answer.plan)).Finish() << '\n';
      return absl::OkStatus();
    }
    session_.talk() << (options_.verb == Verb::kRepair
                            ? "Nothing to repair: no run was interrupted."
                            : "Nothing to do: the schema is already at the target.")
                    << '\n';
    return absl::OkStatus();
  }

  absl::Status Report(const RunAnswer& answer) {
    if (session_.json()) {
      session_.out() << JsonObject()
                            .Raw("plan", RunPlanToJson(answer.plan))
                            .Fields(answer.result)
                            .Bool("recovered", answer.recovered)
                            .Finish()
                     << '\n';
      return absl::OkStatus();
    }
    if (options_.abandon) return ReportAbandoned(answer);
    if (answer.plan.revisions.empty() && !answer.recovered) return Nothing(answer);
    const auto& result = answer.result.heads();
    std::string heads = revisions::JoinList({result.begin(), result.end()});
    session_.talk() << '\n'
                    << session_.console().Paint(Colour::kGreen, "The schema is at ")
                    << (answer.recovered ? "the target"
                        : heads.empty()  ? "base"
                                         : Printable(heads))
                    << '\n';
    return absl::OkStatus();
  }

  // Without a plan, the operation had done it before.
  absl::Status ReportAbandoned(const RunAnswer& answer) {
    const auto& heads = answer.result.heads();
    std::ostream& out = session_.talk();
    out << '\n' << session_.console().Paint(Colour::kGreen, "The run is abandoned");
    if (!answer.recovered) {
      out << "; the schema's revision is "
          << (heads.empty() ? "base"
                            : Printable(revisions::JoinList({heads.begin(), heads.end()})));
    }
    out << ".\n";
    bool nothing_remains = !answer.plan.revisions.empty() && answer.plan.remaining.empty();
    if (nothing_remains) return absl::OkStatus();
    out << "`stateclient schema check --drift` compares the warehouse with the applied revisions, "
           "and `--drift --adopt` writes what remains as a revision. If the revision is complete, "
           "`stateclient schema stamp` records it. Or undo its statements by hand.\n";
    return absl::OkStatus();
  }

  Session& session_;
  Client& client_;
  const SchemaUpgradeOptions& options_;
  const RevisionFolder& folder_;
  pb::Assumption assumption_ = pb::ASSUMPTION_UNSPECIFIED;
};

// Returns the folder. To abandon a run, a folder that cannot be read is no obstacle.
absl::StatusOr<RevisionFolder> FolderOf(Session& session, const SchemaUpgradeOptions& options) {
  absl::StatusOr<RevisionFolder> folder = ReadRevisionFolder(options.common.folder);
  if (folder.ok() || !options.abandon) return folder;
  session.console().Warning(
      Cat("The revisions cannot be read, so the statements that were not "
          "begun are not listed: ",
          Printable(MessageOf(folder.status()))));
  return RevisionFolder();
}

absl::Status CheckAbandon(const SchemaUpgradeOptions& options) {
  bool decides = !options.assume.empty() || options.on_failure == "compensate";
  if (!options.abandon || !decides) return absl::OkStatus();
  return UsageError(options.name(), Cat("Option '--abandon' runs no statement, so '",
                                        options.assume.empty() ? "--on-failure" : "--assume",
                                        "' is not allowed with it."));
}

absl::Status RunSchemaUpgrade(Session& session, const SchemaUpgradeOptions& options) {
  RETURN_IF_ERROR(CheckAbandon(options));
  ASSIGN_OR_RETURN(RevisionFolder folder, FolderOf(session, options));
  if (options.sql) {
    return PrintSql(session.file(), folder.graph, options.target, options.verb == Verb::kDowngrade);
  }
  ASSIGN_OR_RETURN(pb::RunOptions run, RunOptionsOf(session, options));
  SetTalk(session, !options.yes && !options.dry_run);
  WarnEdited(session.console(), folder);
  ASSIGN_OR_RETURN(Client * client, session.client());
  return Runner(session, *client, options, folder).Execute(run);
}

void AddRunOptions(Arguments& arguments, SchemaUpgradeOptions* options) {
  arguments.Flag("--dry-run", &options->dry_run,
                 "check everything against the live schema and change nothing");
  arguments
      .Option("--on-failure", "stop|compensate", &options->on_failure,
              "compensate: undo the completed part of a revision that fails (default: stop)")
      .completes = Completes::kChoice;
  arguments.Option("--plan", "DIGEST", &options->plan,
                   "run only this plan, as printed by --dry-run");
  arguments.Option("--lock-timeout", "DURATION", &options->lock_timeout,
                   "how long to wait for another run; 0: do not wait");
  arguments.Option("--timeout", "DURATION", &options->timeout,
                   "after this time, stop waiting and run no further statement");
  AddFolderOption(arguments, &options->common);
  AddDatabaseOption(arguments, &options->common);
  AddVersionTableOptions(arguments, &options->common);
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
}

template <Verb kVerb>
Command::Run DefineSchemaUpgrade(Arguments& arguments) {
  auto options = std::make_shared<SchemaUpgradeOptions>();
  options->verb = kVerb;
  if (kVerb == Verb::kUpgrade) {
    arguments
        .Positional("TARGET", &options->target,
                    "head, heads, +N, a revision or the beginning of its id; A:B with --sql")
        .required = true;
  }
  if (kVerb == Verb::kDowngrade) {
    arguments
        .Positional("TARGET", &options->target,
                    "base, -N, or the revision that remains applied; A:B with --sql")
        .required = true;
  }
  if (kVerb != Verb::kRepair) {
    arguments.Flag("--sql", &options->sql, "print the statements; read only the files");
  } else {
    arguments
        .Option("--assume", "done|not-done", &options->assume,
                "the outcome of a statement for which it cannot be determined")
        .completes = Completes::kChoice;
    arguments.Flag("--abandon", &options->abandon,
                   "end the run as it is, run nothing, and show what remains");
  }
  AddRunOptions(arguments, options.get());
  return [options](Session& session) { return RunSchemaUpgrade(session, *options); };
}

}  // namespace

Command SchemaUpgradeCommand() {
  return {"upgrade", kSchemaGroup, "apply revisions, statement by statement",
          DefineSchemaUpgrade<Verb::kUpgrade>};
}

Command SchemaDowngradeCommand() {
  return {"downgrade", kSchemaGroup, "undo revisions", DefineSchemaUpgrade<Verb::kDowngrade>};
}

Command SchemaRepairCommand() {
  return {"repair", kSchemaGroup, "explain and finish, undo or abandon a run that was interrupted",
          DefineSchemaUpgrade<Verb::kRepair>};
}

}  // namespace stateserver::client
