// SPDX-License-Identifier: Apache-2.0

#include <memory>

#include "absl/time/time.h"
#include "client/cli/commands/commands.h"
#include "client/cli/commands/show.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/parse.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

constexpr int kPage = 1000;

struct AuditOptions {
  std::string operation;
  std::string since;
  bool json_lines = false;
};

// Parses "2026-11-26T10:00:00Z", a time with an offset, or a date (UTC).
absl::StatusOr<int64_t> Since(const std::string& text) {
  if (text.empty()) return 0;
  absl::Time time;
  std::string error;
  for (const char* format : {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, &time, &error)) return absl::ToUnixMillis(time);
  }
  return UsageError("audit", Cat("Invalid value for '--since': '", text,
                                 "' is neither a time such as 2026-11-26T10:00:00Z nor a date."));
}

// Calls `take` with each page, oldest first.
template <typename Take>
absl::Status EachPage(Client& client, pb::ListAuditRequest request, const Take& take) {
  request.set_page_size(kPage);
  do {
    ASSIGN_OR_RETURN(auto page, client.ListAudit(request));
    take(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status PrintLines(Session& session, Client& client, const pb::ListAuditRequest& request) {
  return EachPage(client, request, [&](const pb::ListAuditResponse& page) {
    std::ostream& out = session.console().json();
    for (const pb::AuditEvent& event : page.events()) out << ToJson(event) << '\n';
  });
}

absl::Status PrintAll(Session& session, Client& client, const pb::ListAuditRequest& request) {
  pb::ListAuditResponse all;
  Table table({{"TIME"}, {"OUTCOME"}, {"KIND"}, {"BY"}, {"FROM"}, {"OPERATION"}, {"ERROR"}});
  RETURN_IF_ERROR(EachPage(client, request, [&](const pb::ListAuditResponse& page) {
    for (const pb::AuditEvent& it : page.events()) {
      *all.add_events() = it;
      table.Add({FormatTime(it.at_time()), EnumWord(it.outcome()), KindCommand(it.kind()),
                 it.principal(), it.peer(), it.operation_id(),
                 it.error().substr(0, it.error().find('\n'))});
    }
  }));
  return ShowList(session, all, "events", [&](std::ostream& out) { table.Print(out); });
}

absl::Status RunAudit(Session& session, const AuditOptions& options) {
  pb::ListAuditRequest request;
  ASSIGN_OR_RETURN(int64_t since, Since(options.since));
  ASSIGN_OR_RETURN(Client * client, session.client());
  request.set_gateway(session.gateway());
  request.set_operation_id(options.operation);
  if (since != 0) *request.mutable_since_time() = TimestampOf(since);
  return options.json_lines ? PrintLines(session, *client, request)
                            : PrintAll(session, *client, request);
}

Command::Run DefineAudit(Arguments& arguments) {
  auto options = std::make_shared<AuditOptions>();
  arguments.Option("--operation", "ID", &options->operation, "only the entries of this operation");
  arguments.Option("--since", "TIME", &options->since,
                   "only entries from then on: 2026-11-26T10:00:00Z, or a date");
  arguments.Flag("--json-lines", &options->json_lines,
                 "print one JSON object per line, for an archive");
  return [options](Session& session) { return RunAudit(session, *options); };
}

}  // namespace

Command AuditCommand() {
  return {"audit", kHistoryGroup, "who changed what, attempt by attempt, oldest first",
          DefineAudit};
}

}  // namespace stateserver::client
