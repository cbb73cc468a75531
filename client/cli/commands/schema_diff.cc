// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/revision_options.h"
#include "client/cli/commands/schema_drift.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "client/schema/plan_view.h"
#include "client/schema/sources.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::client {
namespace {

constexpr char kLive[] = "live";
constexpr char kFolder[] = "schema";

struct SchemaDiffOptions {
  std::string from = kLive, to = kFolder, database, engine, python;
  std::vector<std::string> renames, rebuild, include, exclude, deny;
  bool drop_undeclared = false, partitions = false, verbose = false;
  bool rebuild_dependents = false;
};

absl::StatusOr<pb::DiffBegin> Begin(Session& session, const SchemaDiffOptions& options) {
  pb::DiffBegin begin;
  begin.set_gateway(session.gateway());
  begin.set_database(options.database);
  auto side = [](const std::string& what) {
    return what == kLive    ? pb::SCHEMA_SIDE_LIVE
           : IsModels(what) ? pb::SCHEMA_SIDE_MODELS
                            : pb::SCHEMA_SIDE_DECLARED;
  };
  begin.set_from(side(options.from));
  begin.set_to(side(options.to));
  for (const std::string& text : options.renames) {
    ASSIGN_OR_RETURN(*begin.add_renames(), ReadRename(text, "schema diff"));
  }
  for (const std::string& name : options.rebuild) begin.add_rebuild(name);
  for (const std::string& glob : options.include) begin.mutable_filter()->add_include(glob);
  for (const std::string& glob : options.exclude) begin.mutable_filter()->add_exclude(glob);
  ASSIGN_OR_RETURN(std::vector<std::string> ignored, ReadSchemaIgnore());
  for (const std::string& glob : ignored) begin.mutable_filter()->add_exclude(glob);
  begin.set_rebuild_dependents(options.rebuild_dependents);
  begin.set_drop_undeclared(options.drop_undeclared);
  begin.set_partitions(options.partitions);
  begin.set_engine_version(options.engine);
  return begin;
}

absl::StatusOr<SchemaPlan> Compare(Session& session, const SchemaDiffOptions& options) {
  ASSIGN_OR_RETURN(pb::DiffBegin begin, Begin(session, options));
  ASSIGN_OR_RETURN(SchemaSource from, ReadSchemaSource(options.from, options.python,
                                                       session.interrupts(), EmptyFolder::kAllow));
  ASSIGN_OR_RETURN(SchemaSource to,
                   ReadSchemaSource(options.to, options.python, session.interrupts()));
  ASSIGN_OR_RETURN(Client * client, session.client());
  return RunDiff(*client, begin, from, to);
}

// Collects the rules of "--deny a,b --deny c".
std::vector<std::string> Rules(const std::vector<std::string>& lists) {
  return revisions::SplitList(revisions::JoinList(lists, ","));
}

absl::Status Denied(const SchemaPlan& plan, const std::vector<std::string>& rules) {
  std::string text;
  int count = 0;
  for (const pb::SchemaFinding& finding : plan.findings) {
    if (std::find(rules.begin(), rules.end(), finding.rule()) == rules.end()) continue;
    AppendTo(&text, count++ == 0 ? "" : "\n", finding.rule(), ": ", finding.object(), ": ",
             finding.message());
  }
  if (count == 0) return absl::OkStatus();
  return ClientError(ClientReason::DENIED, Cat(Count(count, "finding"), " denied:\n", text),
                     "Change the declarations, or remove the rule from --deny.");
}

absl::Status RunSchemaDiff(Session& session, const SchemaDiffOptions& options, bool plan_wanted) {
  session.set_failed_code(kExitNotCompared);
  ASSIGN_OR_RETURN(SchemaPlan plan, Compare(session, options));
  if (session.json()) {
    session.out() << PlanToJson(plan) << '\n';
  } else if (plan_wanted) {
    PrintPlan(session.console(), plan, options.verbose);
  } else {
    PrintDifferences(session.console(), plan, options.verbose);
  }
  bool differs = !plan.steps.empty() || !plan.refusals.empty() || HasInactiveView(plan);
  if (differs) session.set_done_code(kExitFindings);
  absl::Status denied = Denied(plan, Rules(options.deny));
  if (!denied.ok()) session.set_failed_code(kExitFindings);
  return denied;
}

void AddCommon(Arguments& arguments, SchemaDiffOptions* options) {
  arguments
      .Option("--to", "SCHEMA", &options->to,
              "the wanted schema: a folder, a file, models:MODULE or live (default: schema)")
      .completes = Completes::kFile;
  arguments.Flag("--partitions", &options->partitions, "also compare listed partitions");
  arguments.List("--include", "GLOB", &options->include, "only these objects");
  arguments.List("--exclude", "GLOB", &options->exclude, "all but these objects");
  arguments.Option("--database", "NAME", &options->database,
                   "the database (default: that of the gateway)");
  arguments.Option("--python", "PATH", &options->python, "the Python that has the models")
      .completes = Completes::kFile;
  arguments.Flag("--verbose", &options->verbose, "list everything that is left unchanged");
}

Command::Run DefineSchemaDiff(Arguments& arguments) {
  auto options = std::make_shared<SchemaDiffOptions>();
  arguments.Option("--from", "SCHEMA", &options->from, "the present schema (default: live)")
      .completes = Completes::kFile;
  AddCommon(arguments, options.get());
  arguments.List("--rename", "OLD=NEW", &options->renames,
                 "an object, or as TABLE.OLD=NEW a column, that keeps its data");
  arguments.List("--rebuild", "NAME", &options->rebuild,
                 "a table or materialized view that may be rebuilt");
  arguments.Flag("--rebuild-dependents", &options->rebuild_dependents,
                 "rebuild materialized views that the changes would leave inactive");
  arguments.Flag("--drop-undeclared", &options->drop_undeclared, "drop what is not declared");
  arguments.Option("--engine", "VERSION", &options->engine,
                   "the StarRocks version, such as 4.0.4, if neither side is live");
  arguments.List("--deny", "RULES", &options->deny,
                 "fail on findings of these rules: destructive,long-job");
  return [options](Session& session) {
    return RunSchemaDiff(session, *options, /*plan_wanted=*/true);
  };
}

Command::Run DefineCheck(Arguments& arguments) {
  auto options = std::make_shared<SchemaDiffOptions>();
  auto drift = std::make_shared<DriftOptions>();
  auto wanted = std::make_shared<bool>(false);
  AddCommon(arguments, options.get());
  arguments.Flag("--drift", wanted.get(),
                 "compare the live schema with the result of the last revision");
  arguments.Flag("--adopt", &drift->adopt, "write a revision that accepts the drift");
  arguments.Flag("--revert", &drift->revert, "print the statements that undo the drift");
  arguments.Option("-m,--message", "TEXT", &drift->message, "what the revision of --adopt is for");
  AddFolderOption(arguments, &drift->common);
  AddVersionTableOptions(arguments, &drift->common);
  return [options, drift, wanted](Session& session) -> absl::Status {
    if (!*wanted && (drift->adopt || drift->revert)) {
      return UsageError("schema check", "--adopt and --revert need --drift.");
    }
    if (!*wanted) return RunSchemaDiff(session, *options, /*plan_wanted=*/false);
    drift->common.database = options->database;
    drift->declared = options->to;
    drift->include = options->include;
    drift->exclude = options->exclude;
    return RunDrift(session, *drift);
  };
}

}  // namespace

Command SchemaDiffCommand() {
  return {"diff", kSchemaGroup,
          "the statements that turn one schema into another (exit code 1: they differ)",
          DefineSchemaDiff};
}

Command SchemaCheckCommand() {
  return {"check", kSchemaGroup,
          "whether the database matches the declarations (exit code 1: it does not)", DefineCheck};
}

}  // namespace stateserver::client
