// SPDX-License-Identifier: Apache-2.0
//
// The role that each call needs. The same table is enforced at run time, printed in
// docs/security.md (a test compares the two) and enumerated by the tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/platform/config/role.h"

namespace stateserver::auth {

// Action is something a principal may be allowed to do. Most actions are one RPC; an RPC has
// several actions if the role depends on the request.
enum class Action {
  kExport,
  kImportMerge,
  kImportReplace,
  kMigrate,
  kRollback,
  kMigrateStateFile,
  kListGateways,
  kGetVersions,
  kDiagnose,
  kListEnvironments,
  kGetEnvironment,
  kListEnvironmentSnapshots,
  kListSnapshots,
  kGetSnapshot,
  kDiffEnvironments,
  kGetStats,
  kGetOperation,
  kListOperations,
  kListAudit,
  kListRunning,
  kWaitOperation,
  kCancelOwnOperation,
  kCancelOperation,
  kListRestorePoints,
  kRestore,
  kCompact,
  kFindExpired,
  kDeleteExpired,
  kCheck,
  kParse,
  kInspect,
  kDiff,
  kGenerate,
  kAutogenerate,
  kUpgrade,
  kUpgradeDestructive,
  kDowngrade,
  kRepair,
  kStamp,
  kGetStatus,
  kListAppliedRevisions,
  kListRuns,
  kListRunStatements,
  kCheckDrift,
};

struct Rule {
  Action action;
  // Service and method, for example "StateService.Import".
  std::string_view rpc;
  // The part of the RPC that the rule covers, if an RPC has several rules: "mode replace".
  std::string_view what;
  // The operation's name in stateclient and in `operations`, if the action changes something; empty
  // for actions that every role may perform.
  std::string_view kind;
  config::Role role;
};

// Returns all rules, in the order of Action.
std::span<const Rule> Rules();
const Rule& RuleOf(Action action);

// Returns the least role that may begin operations of the kind; kAdmin for an unknown kind.
config::Role RoleToBegin(std::string_view kind);

// Returns the service names, "StateService" and the others, each once, in the order of the rules.
std::vector<std::string_view> ServiceNames();

// Returns the calls that `role` may not make, each once, with the case in parentheses if it may
// make others: "StateService.Import (mode replace)".
std::vector<std::string> CallsBeyond(config::Role role);

// Returns the rules as a Markdown table, as printed in docs/security.md.
std::string RulesTable();

}  // namespace stateserver::auth
