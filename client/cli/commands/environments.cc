// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/show.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/connection/calls.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

std::string Expiry(const pb::EnvironmentSummary& it) {
  if (!it.has_expiration_ts()) return "never";
  return FormatTime(it.expiration_ts()) + (it.expired() ? " (expired)" : "");
}

void Print(std::ostream& out, const pb::ListEnvironmentsResponse& response) {
  Table table({{"NAME"},
               {"SNAPSHOTS", Table::Align::kRight},
               {"START"},
               {"END"},
               {"FINALIZED"},
               {"EXPIRES"},
               {"SUFFIX"},
               {"PLAN"}});
  for (const pb::EnvironmentSummary& it : response.environments()) {
    table.Add({it.name(), Cat(it.snapshots()), TimeLike(it.start_at()),
               it.end_at().empty() ? "-" : TimeLike(it.end_at()), FormatTime(it.finalized_ts()),
               Expiry(it), it.suffix_target(), it.plan_id()});
  }
  table.Print(out);
}

absl::Status RunEnvironments(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListEnvironmentsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(auto response, AllPages<pb::ListEnvironmentsResponse>(
                                      request, [&](const pb::ListEnvironmentsRequest& page) {
                                        return client->ListEnvironments(page);
                                      }));
  ShowNotes(session, response.notes());
  std::string json = JsonObject()
                         .Raw("environments", ListToJson(response, "environments"))
                         .Raw("notes", ListToJson(response, "notes"))
                         .Finish();
  return Show(session, json, [&](std::ostream& out) { Print(out, response); });
}

struct EnvironmentOptions {
  std::string name;
};

void Print(std::ostream& out, const pb::GetEnvironmentResponse& response,
           const pb::ListEnvironmentSnapshotsResponse& snapshots) {
  const pb::EnvironmentSummary& it = response.summary();
  bool all = response.promoted() == it.snapshots();
  std::string expires = it.has_expiration_ts() ? FormatTime(it.expiration_ts()) : "never";
  PrintFields(out, {{"Name", it.name()},
                    {"Start", TimeLike(it.start_at())},
                    {"End", TimeLike(it.end_at())},
                    {"Plan", it.plan_id()},
                    {"Previous plan", response.previous_plan_id()},
                    {"Finalized", FormatTime(it.finalized_ts())},
                    {"Expires", expires + (it.expired() ? " (expired)" : "")},
                    {"Suffix target", it.suffix_target()},
                    {"Catalog override", response.catalog_name_override()},
                    {"Normalize name", YesNo(response.normalize_name())},
                    {"Gateway managed", YesNo(response.gateway_managed())},
                    {"Snapshots", Cat(it.snapshots())},
                    {"Promoted", all ? "all" : Cat(response.promoted())}});
  out << '\n';
  Table table({{"SNAPSHOT"}, {"IDENTIFIER"}, {"VERSION"}, {"KIND"}, {"STATE"}});
  for (const pb::SnapshotReference& reference : snapshots.snapshots()) {
    table.Add({reference.name(), reference.identifier(), reference.version(),
               KindWord(reference.kind()), reference.exists() ? "" : "missing"});
  }
  table.Print(out);
}

absl::Status RunEnvironment(Session& session, const EnvironmentOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetEnvironmentRequest request;
  request.set_gateway(session.gateway());
  request.set_name(options.name);
  ASSIGN_OR_RETURN(auto response, client->GetEnvironment(request));
  ShowNotes(session, response.notes());
  pb::ListEnvironmentSnapshotsRequest listing;
  listing.set_gateway(session.gateway());
  listing.set_environment(options.name);
  ASSIGN_OR_RETURN(auto snapshots,
                   AllPages<pb::ListEnvironmentSnapshotsResponse>(listing, [&](const auto& page) {
                     return client->ListEnvironmentSnapshots(page);
                   }));
  std::string json =
      JsonObject().Fields(response).Raw("snapshots", ListToJson(snapshots, "snapshots")).Finish();
  return Show(session, json, [&](std::ostream& out) { Print(out, response, snapshots); });
}

Command::Run DefineEnvironment(Arguments& arguments) {
  auto options = std::make_shared<EnvironmentOptions>();
  Argument& name = arguments.Positional("NAME", &options->name, "the environment");
  name.required = true;
  name.completes = Completes::kEnvironment;
  return [options](Session& session) { return RunEnvironment(session, *options); };
}

struct DiffOptions {
  std::string from;
  std::string to;
};

// Differences are those of all pages, by what is different.
struct Differences {
  std::vector<pb::SnapshotDifference> added, removed, changed;
  int64_t unchanged = 0;
};

Differences Sorted(const pb::DiffEnvironmentsResponse& response) {
  Differences out;
  out.unchanged = response.unchanged();
  for (const pb::SnapshotDifference& it : response.differences()) {
    (it.difference() == pb::DIFFERENCE_KIND_ADDED     ? out.added
     : it.difference() == pb::DIFFERENCE_KIND_REMOVED ? out.removed
                                                      : out.changed)
        .push_back(it);
  }
  return out;
}

void AddRows(Table& table, const std::vector<pb::SnapshotDifference>& differences) {
  auto side = [](const std::string& text) { return text.empty() ? "-" : text; };
  for (const pb::SnapshotDifference& it : differences) {
    table.Add({EnumWord(it.difference()), it.name(), KindWord(it.kind()),
               side(it.from_identifier()), side(it.to_identifier()), side(it.from_version()),
               side(it.to_version())});
  }
}

void Print(std::ostream& out, const Differences& all) {
  if (!all.added.empty() || !all.removed.empty() || !all.changed.empty()) {
    Table table(
        {{"CHANGE"}, {"NAME"}, {"KIND"}, {"FROM"}, {"TO"}, {"FROM VERSION"}, {"TO VERSION"}});
    AddRows(table, all.added);
    AddRows(table, all.removed);
    AddRows(table, all.changed);
    table.Print(out);
    out << '\n';
  }
  out << all.added.size() << " added, " << all.removed.size() << " removed, " << all.changed.size()
      << " changed, " << all.unchanged << " unchanged\n";
}

absl::Status RunDiff(Session& session, const DiffOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::DiffEnvironmentsRequest request;
  request.set_gateway(session.gateway());
  request.set_from(options.from);
  request.set_to(options.to);
  ASSIGN_OR_RETURN(auto response,
                   AllPages<pb::DiffEnvironmentsResponse>(
                       request, [&](const auto& page) { return client->DiffEnvironments(page); }));
  Differences all = Sorted(response);
  NoteStoredName(session, options.from, response.from());
  NoteStoredName(session, options.to, response.to());
  ShowNotes(session, response.notes());
  std::string json = JsonObject()
                         .Text("from", response.from())
                         .Text("to", response.to())
                         .Raw("added", ListToJson(all.added))
                         .Raw("removed", ListToJson(all.removed))
                         .Raw("changed", ListToJson(all.changed))
                         .Number("unchanged", all.unchanged)
                         .Raw("notes", ListToJson(response, "notes"))
                         .Finish();
  return Show(session, json, [&](std::ostream& out) { Print(out, all); });
}

Command::Run DefineDiff(Arguments& arguments) {
  auto options = std::make_shared<DiffOptions>();
  Argument& from = arguments.Positional("FROM", &options->from, "an environment");
  from.required = true;
  from.completes = Completes::kEnvironment;
  Argument& to = arguments.Positional("TO", &options->to, "the environment to compare with it");
  to.required = true;
  to.completes = Completes::kEnvironment;
  return [options](Session& session) { return RunDiff(session, *options); };
}

}  // namespace

Command EnvironmentsCommand() {
  return {"environments", kReadGroup, "the environments of the state",
          [](Arguments&) -> Command::Run { return RunEnvironments; }};
}

Command EnvironmentCommand() {
  return {"environment", kReadGroup, "one environment and the snapshots it uses",
          DefineEnvironment};
}

Command DiffCommand() {
  return {"diff", kReadGroup, "the differences between two environments", DefineDiff};
}

}  // namespace stateserver::client
