// SPDX-License-Identifier: Apache-2.0

#include "client/cli/call_commands.h"

#include "common/text.h"

namespace stateserver::client {
namespace {

struct CallCommand {
  std::string_view call, command;
};

// Those that a diagnosis or a role can name.
constexpr CallCommand kCommands[] = {
    {"*", "everything"},
    {"StateService.Export", "export"},
    {"StateService.Import (mode replace)", "import --replace"},
    {"StateService.Import", "import"},
    {"StateService.Migrate", "migrate"},
    {"StateService.Rollback", "rollback"},
    {"StateService.MigrateStateFile", "upgrade-file"},
    {"StateService.ListEnvironments", "environments"},
    {"StateService.ListSnapshots", "snapshots"},
    {"StateService.DiffEnvironments", "diff"},
    {"StateService.GetStats", "stats"},
    {"OperationsService.ListRunning", "top"},
    {"OperationsService.CancelOperation", "operation --cancel"},
    {"OperationsService.Restore", "restore"},
    {"MaintenanceService.Compact", "compact"},
    {"MaintenanceService.DeleteExpired", "expired --delete"},
    {"MaintenanceService.Check", "check"},
    {"SchemaService.Inspect", "schema inspect"},
    {"SchemaService.Diff", "schema diff"},
    {"RevisionService.Upgrade", "schema upgrade"},
    {"RevisionService.Downgrade", "schema downgrade"},
    {"RevisionService.Repair", "schema repair"},
    {"RevisionService.Stamp", "schema stamp"},
};

}  // namespace

std::string CommandOf(std::string_view call) {
  for (const CallCommand& row : kCommands) {
    if (!call.starts_with(row.call)) continue;
    std::string_view rest = call.substr(row.call.size());
    if (rest.empty() || rest.starts_with(" (")) return Cat(row.command, rest);
  }
  return std::string(call);
}

}  // namespace stateserver::client
