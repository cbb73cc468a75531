// SPDX-License-Identifier: Apache-2.0

#include <map>
#include <memory>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/commands/commands.h"
#include "client/cli/commands/watch.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "common/text.h"
#include "common/time.h"

namespace stateserver::client {
namespace {

struct TopOptions {
  bool once = false;
};

// Seen is the last observation of a phase, for its rate.
struct Seen {
  std::string phase;
  int64_t done = 0;
  absl::Time when;
};
using SeenByCall = std::map<std::string, Seen>;

std::string Age(const google::protobuf::Timestamp& started) {
  absl::Duration age = absl::Now() - absl::FromUnixMillis(ToMilliseconds(started));
  return absl::FormatDuration(absl::Trunc(std::max(age, absl::ZeroDuration()), absl::Seconds(1)));
}

std::string Done(const pb::RunningCall& call) {
  if (call.done() == 0 && call.total() == 0) return "";
  return call.total() == 0 ? Cat(call.done()) : Cat(call.done(), "/", call.total());
}

// Returns the records or steps per second: as another server measured them, or since the last
// observation of the same phase.
std::string Rate(const pb::RunningCall& call, SeenByCall* seen) {
  if (!call.server().empty()) {
    return call.rate() == 0 ? "" : Cat(static_cast<int64_t>(call.rate()), "/s");
  }
  Seen& last =
      (*seen)[Cat(call.method(), '\x1f', call.peer(), '\x1f', ToMilliseconds(call.started_time()))];
  absl::Time now = SteadyNow();
  std::string rate;
  if (last.phase == call.phase() && last.when != absl::Time() && call.done() >= last.done) {
    double seconds = absl::ToDoubleSeconds(now - last.when);
    rate = Cat(static_cast<int64_t>(static_cast<double>(call.done() - last.done) / seconds), "/s");
  }
  last = {call.phase(), call.done(), now};
  return rate;
}

void Print(std::ostream& out, const pb::ListRunningResponse& response, SeenByCall* seen) {
  Table table({{"CALL"},
               {"OPERATION"},
               {"PHASE"},
               {"DONE"},
               {"RATE"},
               {"AGE"},
               {"BY"},
               {"SERVER"},
               {"BLOCKED BY"}});
  for (const pb::RunningCall& it : response.calls()) {
    table.Add({it.method().empty() ? KindCommand(it.kind()) : it.method(), it.operation_id(),
               it.phase(), Done(it), Rate(it, seen), Age(it.started_time()), it.principal(),
               it.server().empty() ? "this one" : it.server(), it.blocked_by()});
  }
  table.Print(out);
}

absl::Status RunTop(Session& session, const TopOptions& options) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  pb::ListRunningRequest request;
  request.set_gateway(session.gateway());
  SeenByCall seen;
  const bool screen = !options.once && !session.json() && session.console().out_is_terminal();
  while (true) {
    ASSIGN_OR_RETURN(auto response, client->ListRunning(request));
    if (session.json()) {
      session.out() << ToJson(response) << '\n';
    } else {
      // Moves the cursor home and clears the screen.
      if (screen) session.out() << OwnControls("\x1b[H\x1b[J");
      Print(session.out(), response, &seen);
    }
    if (options.once) return absl::OkStatus();
    RETURN_IF_ERROR(PauseToWatch(session));
  }
}

Command::Run DefineTop(Arguments& arguments) {
  auto options = std::make_shared<TopOptions>();
  arguments.Flag("--once", &options->once, "print once instead of every second");
  return [options](Session& session) { return RunTop(session, *options); };
}

}  // namespace

Command TopCommand() {
  return {"top", kHistoryGroup,
          "the running calls of this server and the operations of all: phase, rate, blockers",
          DefineTop};
}

}  // namespace stateserver::client
