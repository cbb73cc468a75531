// SPDX-License-Identifier: Apache-2.0

#include "client/cli/commands/confirm.h"

#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "common/text.h"
#include "common/uuid.h"

namespace stateserver::client {

absl::StatusOr<std::string> OperationId(const std::string& given, std::string_view command) {
  if (given.empty()) return NewUuid();
  if (IsUuid(given)) return given;
  return UsageError(command,
                    Cat("Invalid value for '--operation-id': '", given, "' is not a UUID."));
}

absl::StatusOr<bool> Confirmed(Session& session, bool assume_yes, std::string_view question) {
  if (assume_yes) return true;
  // Nothing is in progress during the question, so Ctrl-C simply ends the program.
  Interrupts::Guard none(session.interrupts(), nullptr);
  ASSIGN_OR_RETURN(bool yes, session.console().Confirm(question));
  if (!yes && session.json()) {
    session.out() << JsonObject().Bool("confirmed", false).Finish() << '\n';
  }
  return yes;
}

void SetTalk(Session& session, bool will_ask) {
  session.console().set_quiet(session.json() && !will_ask);
}

absl::StatusOr<pb::GetVersionsResponse> ShowConnection(Session& session, Client& client) {
  pb::GetVersionsRequest request;
  request.set_gateway(session.gateway());
  ASSIGN_OR_RETURN(auto versions, client.GetVersions(request));
  Console& console = session.console();
  session.talk() << console.Paint(Colour::kBold, "Gateway") << ": "
                 << console.Paint(Colour::kGreen, Printable(versions.gateway())) << '\n';
  // SQLMesh shows the same lines for a postgres state_connection; it also treats an embedded
  // cluster as one.
  PrintTree(
      session.talk(), "State Connection",
      {"Type: postgres", Cat("Catalog: ", Printable(versions.database())), "Dialect: postgres"});
  return versions;
}

}  // namespace stateserver::client
