// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "client/cli/commands/groups.h"
#include "client/cli/commands/history_commands.h"
#include "client/cli/commands/watch.h"
#include "client/cli/output/fields.h"
#include "client/cli/output/format.h"
#include "client/cli/output/json.h"
#include "client/cli/output/words.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

// With --watch: an operation that did not succeed.
constexpr int kExitNotSucceeded = 1;

struct OperationOptions {
  std::string id;
  bool watch = false;
};

void Print(std::ostream& out, const pb::Operation& it) {
  FieldList fields = {{"Operation", it.id()},
                      {"Kind", it.kind()},
                      {"Status", StatusWord(it.status())},
                      {"Gateway", it.gateway()},
                      {"By", it.principal()},
                      {"Started", FormatTime(it.started_ts())},
                      {"Finished", FormatTime(it.finished_ts())},
                      {"Restore point", it.restore_point_id()},
                      {"Details", it.details_json()}};
  if (!it.error().empty()) fields.emplace_back("Error", it.error());
  PrintFields(out, fields);
}

absl::Status RunOperation(Session& session, const OperationOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::GetOperationRequest request;
  request.set_gateway(session.gateway());
  request.set_id(options.id);
  ASSIGN_OR_RETURN(auto response, client->GetOperation(request));
  while (options.watch && response.operation().status() == pb::OPERATION_STATUS_RUNNING) {
    RETURN_IF_ERROR(PauseToWatch(session));
    ASSIGN_OR_RETURN(response, client->GetOperation(request));
  }
  if (options.watch && response.operation().status() != pb::OPERATION_STATUS_SUCCEEDED) {
    session.set_done_code(kExitNotSucceeded);
  }
  if (session.json()) {
    session.out() << ToJson(response) << '\n';
  } else {
    Print(session.out(), response.operation());
  }
  return absl::OkStatus();
}

Command::Run DefineOperation(Arguments& arguments) {
  auto options = std::make_shared<OperationOptions>();
  arguments.Positional("ID", &options->id, "the operation's id").required = true;
  arguments.Flag("-w,--watch", &options->watch,
                 "wait until it has ended (exit code 1: it did not succeed)");
  return [options](Session& session) { return RunOperation(session, *options); };
}

}  // namespace

Command OperationCommand() {
  return {"operation", kHistoryGroup, "what became of one operation", DefineOperation};
}

}  // namespace stateserver::client
