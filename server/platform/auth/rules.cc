// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/rules.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace stateserver::auth {
namespace {

using config::Role;

// clang-format off
constexpr std::array kRules = {
    Rule{Action::kExport, "StateService.Export", "", "", Role::kReader},
    Rule{Action::kImportMerge, "StateService.Import", "mode merge", "import", Role::kWriter},
    Rule{Action::kImportReplace, "StateService.Import", "mode replace", "import --replace", Role::kAdmin},
    Rule{Action::kMigrate, "StateService.Migrate", "", "migrate", Role::kAdmin},
    Rule{Action::kRollback, "StateService.Rollback", "", "rollback", Role::kAdmin},
    Rule{Action::kMigrateStateFile, "StateService.MigrateStateFile", "", "upgrade-file", Role::kWriter},
    Rule{Action::kListGateways, "StateService.ListGateways", "", "", Role::kReader},
    Rule{Action::kGetVersions, "StateService.GetVersions", "", "", Role::kReader},
    Rule{Action::kDiagnose, "StateService.Diagnose", "", "", Role::kReader},
    Rule{Action::kListEnvironments, "StateService.ListEnvironments", "", "", Role::kReader},
    Rule{Action::kGetEnvironment, "StateService.GetEnvironment", "", "", Role::kReader},
    Rule{Action::kListEnvironmentSnapshots, "StateService.ListEnvironmentSnapshots", "", "", Role::kReader},
    Rule{Action::kListSnapshots, "StateService.ListSnapshots", "", "", Role::kReader},
    Rule{Action::kGetSnapshot, "StateService.GetSnapshot", "", "", Role::kReader},
    Rule{Action::kDiffEnvironments, "StateService.DiffEnvironments", "", "", Role::kReader},
    Rule{Action::kGetStats, "StateService.GetStats", "", "", Role::kReader},
    Rule{Action::kGetOperation, "OperationsService.GetOperation", "", "", Role::kReader},
    Rule{Action::kListOperations, "OperationsService.ListOperations", "", "", Role::kReader},
    Rule{Action::kListAudit, "OperationsService.ListAudit", "", "", Role::kReader},
    Rule{Action::kListRunning, "OperationsService.ListRunning", "", "", Role::kReader},
    Rule{Action::kWaitOperation, "OperationsService.WaitOperation", "", "", Role::kReader},
    Rule{Action::kCancelOwnOperation, "OperationsService.CancelOperation", "one that the principal began and may begin", "", Role::kWriter},
    Rule{Action::kCancelOperation, "OperationsService.CancelOperation", "any other", "operation --cancel", Role::kAdmin},
    Rule{Action::kListRestorePoints, "OperationsService.ListRestorePoints", "", "", Role::kReader},
    Rule{Action::kRestore, "OperationsService.Restore", "", "restore", Role::kAdmin},
    Rule{Action::kCompact, "MaintenanceService.Compact", "", "compact", Role::kAdmin},
    Rule{Action::kFindExpired, "MaintenanceService.FindExpired", "", "", Role::kReader},
    Rule{Action::kDeleteExpired, "MaintenanceService.DeleteExpired", "", "expired --delete", Role::kAdmin},
    Rule{Action::kCheck, "MaintenanceService.Check", "", "", Role::kReader},
    Rule{Action::kParse, "SchemaService.Parse", "", "", Role::kReader},
    Rule{Action::kInspect, "SchemaService.Inspect", "", "", Role::kReader},
    Rule{Action::kDiff, "SchemaService.Diff", "", "", Role::kReader},
    Rule{Action::kGenerate, "SchemaService.Generate", "", "", Role::kReader},
    Rule{Action::kAutogenerate, "RevisionService.Autogenerate", "", "", Role::kReader},
    Rule{Action::kUpgrade, "RevisionService.Upgrade", "nothing is destroyed", "schema upgrade", Role::kWriter},
    Rule{Action::kUpgradeDestructive, "RevisionService.Upgrade",
         "a statement destroys, rebuilds or is not a schema change, or on_failure is compensate",
         "schema upgrade", Role::kAdmin},
    Rule{Action::kDowngrade, "RevisionService.Downgrade", "", "schema downgrade", Role::kAdmin},
    Rule{Action::kRepair, "RevisionService.Repair", "", "schema repair", Role::kAdmin},
    Rule{Action::kStamp, "RevisionService.Stamp", "", "schema stamp", Role::kAdmin},
    Rule{Action::kGetStatus, "RevisionService.GetStatus", "", "", Role::kReader},
    Rule{Action::kListAppliedRevisions, "RevisionService.ListAppliedRevisions", "", "", Role::kReader},
    Rule{Action::kListRuns, "RevisionService.ListRuns", "", "", Role::kReader},
    Rule{Action::kListRunStatements, "RevisionService.ListRunStatements", "", "", Role::kReader},
    Rule{Action::kCheckDrift, "RevisionService.CheckDrift", "", "", Role::kReader},
};
// clang-format on

constexpr bool InOrder() {
  for (size_t i = 0; i < kRules.size(); ++i) {
    if (static_cast<size_t>(kRules[i].action) != i) return false;
  }
  return static_cast<size_t>(Action::kCheckDrift) + 1 == kRules.size();
}
static_assert(InOrder(), "one rule for each action, in their order");

}  // namespace

std::span<const Rule> Rules() { return kRules; }

std::string RulesTable() {
  std::string out = "| RPC | case | reader | writer | admin |\n| --- | --- | --- | --- | --- |\n";
  for (const Rule& rule : kRules) {
    AppendTo(&out, "| ", rule.rpc, " | ", rule.what);
    for (Role role : {Role::kReader, Role::kWriter, Role::kAdmin}) {
      AppendTo(&out, " | ", role >= rule.role ? "yes" : "");
    }
    AppendTo(&out, " |\n");
  }
  return out;
}

std::vector<std::string> CallsBeyond(Role role) {
  std::vector<std::string> calls;
  for (const Rule& rule : kRules) {
    if (rule.role <= role) continue;
    bool other_cases = std::any_of(kRules.begin(), kRules.end(), [&](const Rule& other) {
      return other.rpc == rule.rpc && other.role <= role;
    });
    std::string call = other_cases ? Cat(rule.rpc, " (", rule.what, ")") : std::string(rule.rpc);
    if (std::find(calls.begin(), calls.end(), call) == calls.end()) calls.push_back(call);
  }
  return calls;
}

config::Role RoleToBegin(std::string_view kind) {
  Role least = Role::kAdmin;
  for (const Rule& rule : kRules) {
    if (rule.kind == kind) least = std::min(least, rule.role);
  }
  return least;
}

std::vector<std::string_view> ServiceNames() {
  std::vector<std::string_view> names;
  for (const Rule& rule : kRules) {
    std::string_view name = rule.rpc.substr(0, rule.rpc.find('.'));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

const Rule& RuleOf(Action action) { return kRules[static_cast<size_t>(action)]; }

}  // namespace stateserver::auth
