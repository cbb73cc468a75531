// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <utility>

#include "client/cli/commands/commands.h"
#include "client/cli/commands/show.h"
#include "client/cli/commands/watch.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

constexpr int kLargestPage = 1000;

struct OperationsOptions {
  std::string limit = "100";
  bool watch = false;
};

absl::StatusOr<int> Limit(const std::string& text) {
  int limit = 0;
  auto result = std::from_chars(text.data(), text.data() + text.size(), limit);
  bool whole = result.ec == std::errc() && result.ptr == text.data() + text.size();
  if (whole && limit > 0) return limit;
  return UsageError("operations", Cat("Invalid value for '--limit': '", text,
                                      "' is not a whole number above 0."));
}

absl::StatusOr<pb::ListOperationsResponse> ListUpTo(Client& client,
                                                    pb::ListOperationsRequest request, int limit) {
  pb::ListOperationsResponse all;
  while (all.operations_size() < limit) {
    request.set_page_size(std::min(limit - all.operations_size(), kLargestPage));
    ASSIGN_OR_RETURN(auto page, client.ListOperations(request));
    for (pb::Operation& operation : *page.mutable_operations()) {
      *all.add_operations() = std::move(operation);
    }
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  return all;
}

void Print(std::ostream& out, const pb::ListOperationsResponse& response) {
  Table table({{"ID"}, {"KIND"}, {"STATUS"}, {"STARTED"}, {"FINISHED"}, {"BY"}, {"ERROR"}});
  for (const pb::Operation& it : response.operations()) {
    std::string error = it.error().substr(0, it.error().find('\n'));
    table.Add({it.id(), KindCommand(it.kind()), EnumWord(it.status()),
               FormatTime(it.started_time()), FormatTime(it.finished_time()), it.principal(),
               error});
  }
  table.Print(out);
}

// Prints one line for each operation that begins or ends, oldest first. Runs until it is
// interrupted.
absl::Status Watch(Session& session, Client& client, const pb::ListOperationsRequest& request,
                   int limit) {
  std::set<std::pair<std::string, int>> seen;
  while (true) {
    ASSIGN_OR_RETURN(auto response, ListUpTo(client, request, limit));
    std::set<std::pair<std::string, int>> present;
    for (int i = response.operations_size() - 1; i >= 0; --i) {
      const pb::Operation& it = response.operations(i);
      std::pair<std::string, int> state = {it.id(), it.status()};
      present.insert(state);
      if (seen.contains(state)) continue;
      if (session.json()) {
        session.out() << ToJson(it) << '\n';
      } else {
        session.out() << FormatTime(it.has_finished_time() ? it.finished_time() : it.started_time())
                      << "  " << Printable(it.id()) << "  " << KindCommand(it.kind()) << "  "
                      << EnumWord(it.status()) << "  " << Printable(it.principal()) << '\n';
      }
    }
    seen = std::move(present);
    RETURN_IF_ERROR(PauseToWatch(session));
  }
}

absl::Status RunOperations(Session& session, const OperationsOptions& options) {
  ASSIGN_OR_RETURN(int limit, Limit(options.limit));
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListOperationsRequest request;
  request.set_gateway(session.gateway());
  if (options.watch) return Watch(session, *client, request, limit);
  ASSIGN_OR_RETURN(auto response, ListUpTo(*client, request, limit));
  return ShowList(session, response, "operations",
                  [&](std::ostream& out) { Print(out, response); });
}

Command::Run DefineOperations(Arguments& arguments) {
  auto options = std::make_shared<OperationsOptions>();
  arguments.Option("--limit", "NUMBER", &options->limit, "at most this many (default 100)");
  arguments.Flag("-w,--watch", &options->watch,
                 "then print a line for each operation that begins or ends, until Ctrl-C");
  return [options](Session& session) { return RunOperations(session, *options); };
}

// The exit code of --watch for an operation that did not succeed, and of --cancel for one that did.
constexpr int kExitOtherwise = 1;

struct OperationOptions {
  std::string id;
  bool watch = false;
  bool cancel = false;
};

void Print(std::ostream& out, const pb::Operation& it) {
  FieldList fields = {{"Operation", it.id()},
                      {"Kind", KindCommand(it.kind())},
                      {"Status", EnumWord(it.status())},
                      {"Gateway", it.gateway()},
                      {"By", it.principal()},
                      {"Started", FormatTime(it.started_time())},
                      {"Finished", FormatTime(it.finished_time())},
                      {"Restore point", it.restore_point_id()},
                      {"Details", it.has_details() ? PlainJson(it.details()) : ""}};
  if (!it.error().empty()) fields.emplace_back("Error", it.error());
  PrintFields(out, fields);
}

// Waits until the operation has ended.
absl::StatusOr<pb::Operation> Wait(Session& session, Client& client, const std::string& id) {
  pb::WaitOperationRequest request;
  request.set_gateway(session.gateway());
  request.set_id(id);
  while (true) {
    ASSIGN_OR_RETURN(auto response, client.WaitOperation(request));
    if (response.operation().status() != pb::OPERATION_STATUS_RUNNING) return response.operation();
  }
}

absl::Status Cancel(Session& session, Client& client, const std::string& id) {
  pb::CancelOperationRequest request;
  request.set_gateway(session.gateway());
  request.set_id(id);
  RETURN_IF_ERROR(client.CancelOperation(request).status());
  session.talk() << "Asked to cancel operation '" << id << "'; waiting for its end …\n";
  return absl::OkStatus();
}

absl::Status RunOperation(Session& session, const OperationOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  if (options.cancel) RETURN_IF_ERROR(Cancel(session, *client, options.id));
  pb::GetOperationResponse response;
  if (options.watch || options.cancel) {
    ASSIGN_OR_RETURN(*response.mutable_operation(), Wait(session, *client, options.id));
  } else {
    pb::GetOperationRequest request;
    request.set_gateway(session.gateway());
    request.set_id(options.id);
    ASSIGN_OR_RETURN(response, client->GetOperation(request));
  }
  bool succeeded = response.operation().status() == pb::OPERATION_STATUS_SUCCEEDED;
  if ((options.watch && !succeeded) || (options.cancel && succeeded)) {
    session.set_done_code(kExitOtherwise);
  }
  return Show(session, ToJson(response),
              [&](std::ostream& out) { Print(out, response.operation()); });
}

Command::Run DefineOperation(Arguments& arguments) {
  auto options = std::make_shared<OperationOptions>();
  arguments.Positional("ID", &options->id, "the operation's id").required = true;
  arguments.Flag("-w,--watch", &options->watch,
                 "wait until it has ended (exit code 1: it did not succeed)");
  arguments.Flag("--cancel", &options->cancel,
                 "cancel it and wait until it has ended (exit code 1: it succeeded before)");
  return [options](Session& session) { return RunOperation(session, *options); };
}

}  // namespace

Command OperationsCommand() {
  return {"operations", kHistoryGroup, "the operations on the state, newest first",
          DefineOperations};
}

Command OperationCommand() {
  return {"operation", kHistoryGroup, "the outcome of one operation", DefineOperation};
}

}  // namespace stateserver::client
