// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/confirm.h"
#include "client/cli/commands/versions.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/transfer/outcome.h"
#include "common/text.h"
#include "stateserver/v1/maintenance.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

namespace {

struct ExpiredOptions {
  std::string environment;
  bool remove = false;
  std::string if_unchanged_since;
  std::string operation_id;
  bool yes = false;
};

using DeleteEnd = OperationEnd<pb::DeleteExpiredResult>;

struct ExpiredRecords {
  std::vector<pb::ExpiredEnvironment> environments;
  std::vector<pb::ExpiredSnapshot> snapshots;
  std::vector<pb::PhysicalTable> tables;

  // `Response` has the fields environment, snapshot and table.
  template <typename Response>
  void Add(const Response& response) {
    if (response.has_environment()) environments.push_back(response.environment());
    if (response.has_snapshot()) snapshots.push_back(response.snapshot());
    if (response.has_table()) tables.push_back(response.table());
  }
};

struct Listed {
  ExpiredRecords records;
  pb::ExpiredSummary summary;
};

absl::StatusOr<Listed> List(Session& session, Client& client, const ExpiredOptions& options) {
  pb::FindExpiredRequest request;
  request.set_gateway(session.gateway());
  request.set_environment(options.environment);
  auto stream = client.FindExpired(request);
  Listed listed;
  bool complete = false;
  pb::FindExpiredResponse response;
  while (stream->Read(&response)) {
    listed.records.Add(response);
    if (!response.has_summary()) continue;
    listed.summary = response.summary();
    complete = true;
  }
  RETURN_IF_ERROR(stream->Finish());
  if (complete) return listed;
  return ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a summary.");
}

// Prints tables of environments, snapshots with their reasons, and physical tables under
// `tables_title`. Omits empty tables.
void PrintExpired(std::ostream& out, const ExpiredRecords& records,
                  const std::string& tables_title) {
  if (!records.environments.empty()) {
    Table table({{"ENVIRONMENT"}, {"SNAPSHOTS", Table::Align::kRight}, {"WHY"}});
    for (const auto& it : records.environments) {
      table.Add({it.name(), Cat(it.snapshots()), it.reason()});
    }
    table.Print(out);
    out << '\n';
  }
  if (!records.snapshots.empty()) {
    Table table({{"SNAPSHOT"}, {"IDENTIFIER"}, {"KIND"}, {"WHY"}});
    for (const auto& it : records.snapshots) {
      table.Add({it.name(), it.identifier(), KindWord(it.kind()), it.reason()});
    }
    table.Print(out);
    out << '\n';
  }
  if (!records.tables.empty()) {
    Table table({{tables_title}, {"OF"}, {"GATEWAY"}});
    for (const auto& it : records.tables) {
      table.Add({it.table(), it.is_dev() ? "development" : "production",
                 it.model_gateway().empty() ? "-" : it.model_gateway()});
    }
    table.Print(out);
    out << '\n';
  }
}

// Returns "1 environment, 3 snapshots, 5 physical tables".
std::string ExpiredCounts(const pb::ExpiredSummary& summary) {
  return Cat(Count(summary.environments(), "environment"), ", ",
             Count(summary.snapshots(), "snapshot"), ", ",
             Count(summary.tables(), "physical table"));
}

absl::Status Show(Session& session, const ExpiredOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(Listed listed, List(session, *client, options));
  if (session.json()) {
    session.out() << JsonObject()
                         .Raw("environments", ListToJson(listed.records.environments))
                         .Raw("snapshots", ListToJson(listed.records.snapshots))
                         .Raw("tables", ListToJson(listed.records.tables))
                         .Number("kept_by_ttl", listed.summary.kept_by_ttl())
                         .Number("now_ts", ToMilliseconds(listed.summary.now_time()))
                         .Raw("notes", ListToJson(listed.summary, "notes"))
                         .Finish()
                  << '\n';
    return absl::OkStatus();
  }
  PrintExpired(session.out(), listed.records, "PHYSICAL TABLE");
  session.out() << "Expired: " << ExpiredCounts(listed.summary) << '\n';
  if (listed.summary.kept_by_ttl() > 0) {
    session.out() << "Unused, but within their time to live: " << listed.summary.kept_by_ttl()
                  << '\n';
  }
  PrintNotes(session.console(), listed.summary.notes());
  return absl::OkStatus();
}

// Deletes, and collects the remaining physical tables in `records`.
absl::StatusOr<DeleteEnd> Delete(Session& session, Client& client,
                                 const pb::DeleteExpiredRequest& request, ExpiredRecords* records) {
  ProgressBars bars(session.console(), {"Deleting expired state"});
  bars.Start();
  auto stream = client.DeleteExpired(request);
  OperationAt at{request.gateway(), request.operation_id()};
  DeleteEnd end;
  bool have_result = false;
  pb::DeleteExpiredResponse response;
  while (stream->Read(&response)) {
    at.begun = true;
    if (response.has_progress()) {
      bars.SetStatus(Printable(response.progress().phase()));
      bars.Update(0, response.progress().done(), response.progress().total());
    }
    records->Add(response);
    if (!response.has_result()) continue;
    end.result = std::move(*response.mutable_result());
    have_result = true;
  }
  absl::Status status = stream->Finish();
  if (!have_result) {
    if (status.ok()) {
      status = ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a result.");
    }
    ASSIGN_OR_RETURN(*end.result.mutable_operation(), Settle(client, at, status));
    end.recovered = true;
    return end;
  }
  bars.Complete(0, end.result.expired().snapshots());
  return end;
}

void Report(Session& session, const DeleteEnd& end, const ExpiredRecords& records) {
  const pb::DeleteExpiredResult& result = end.result;
  if (session.json()) {
    session.out() << JsonObject()
                         .Fields(result)
                         .Raw("tables", ListToJson(records.tables))
                         .Bool("recovered", end.recovered)
                         .Finish()
                  << '\n';
    return;
  }
  ExpiredRecords tables;
  tables.tables = records.tables;
  PrintExpired(session.out(), tables, "TABLE TO DROP YOURSELF");
  std::ostream& talk = session.talk();
  bool nothing =
      !end.recovered && result.expired().environments() == 0 && result.expired().snapshots() == 0;
  std::string sentence =
      nothing ? "Nothing to do: nothing has expired" : "Expired state deleted successfully";
  talk << '\n' << session.console().Paint(Colour::kGreen, sentence) << '\n';
  if (!end.recovered && !nothing) {
    talk << "Deleted: " << Count(result.expired().environments(), "environment") << ", "
         << Count(result.expired().snapshots(), "snapshot")
         << "; left: " << Count(result.expired().tables(), "physical table") << '\n';
  }
  if (!records.tables.empty()) {
    talk << "Drop the remaining tables yourself: SQLMesh's janitor no longer finds them.\n";
  }
  PrintNotes(session.console(), result.expired().notes());
  std::string point = result.restore_point_id();
  if (point.empty()) point = result.operation().restore_point_id();
  if (!point.empty()) {
    talk << "The previous state is restore point " << point << ": stateclient restore " << point
         << '\n';
  }
}

absl::Status DeleteAll(Session& session, const ExpiredOptions& options) {
  pb::DeleteExpiredRequest request;
  request.set_gateway(session.gateway());
  request.set_environment(options.environment);
  ASSIGN_OR_RETURN(*request.mutable_operation_id(), OperationId(options.operation_id, "expired"));
  ASSIGN_OR_RETURN(*request.mutable_if_unchanged_since(),
                   StateToken(options.if_unchanged_since, "expired"));
  SetTalk(session, !options.yes);
  ASSIGN_OR_RETURN(Client * client, session.client());
  session.talk() << "Deleting expired state of the following connection:\n\n";
  ASSIGN_OR_RETURN(auto connection, ShowConnection(session, *client));
  if (!options.yes) {
    ASSIGN_OR_RETURN(Listed listed, List(session, *client, options));
    session.talk() << '\n';
    PrintExpired(session.talk(), listed.records, "PHYSICAL TABLE");
    session.console().Warning(Cat("This destructive operation will delete the state of ",
                                  ExpiredCounts(listed.summary), " at the '",
                                  Printable(connection.gateway()),
                                  "' gateway.\nThe physical tables stay, and SQLMesh's janitor "
                                  "will no longer find them: to have them dropped, run the janitor "
                                  "instead.\nA restore point of the present state is taken "
                                  "first."));
  }
  session.talk() << '\n';
  ASSIGN_OR_RETURN(bool go, Confirmed(session, options.yes, "Are you sure?"));
  if (!go) return absl::OkStatus();
  session.talk() << "Operation: " << request.operation_id() << '\n';
  ExpiredRecords records;
  auto end = Delete(session, *client, request, &records);
  if (!end.ok()) {
    session.talk() << "\nDeleting expired state failed!\n";
    return end.status();
  }
  Report(session, *end, records);
  return absl::OkStatus();
}

absl::Status RunExpired(Session& session, const ExpiredOptions& options) {
  return options.remove ? DeleteAll(session, options) : Show(session, options);
}

Command::Run DefineExpired(Arguments& arguments) {
  auto options = std::make_shared<ExpiredOptions>();
  arguments
      .Option("--environment", "NAME", &options->environment,
              "only this environment and the snapshots that nothing else uses")
      .completes = Completes::kEnvironment;
  arguments.Flag("--delete", &options->remove, "delete the state rows; you drop the tables");
  arguments
      .Option("--if-unchanged-since", "TOKEN|FILE", &options->if_unchanged_since,
              "refuse if the state does not match this token or state file")
      .completes = Completes::kFile;
  AddConfirmFlag(arguments, &options->yes);
  AddOperationIdOption(arguments, &options->operation_id);
  return [options](Session& session) { return RunExpired(session, *options); };
}

}  // namespace

Command ExpiredCommand() {
  return {"expired", kMaintenanceGroup, "what SQLMesh's janitor would delete, and why",
          DefineExpired};
}

}  // namespace stateserver::client
