// SPDX-License-Identifier: Apache-2.0
//
// Which role each call needs. The table is what is enforced, what docs/security.md
// shows (a test compares them), and what the tests go through.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/platform/config/role.h"

namespace stateserver::auth {

// What a principal may be allowed to do. Most are one RPC; where the role hangs on
// what is asked for, an RPC has several.
enum class Action {
  kExport,
  kImportMerge,
  kImportReplace,
  kMigrate,
  kRollback,
  kUpgradeStateFile,
  kListGateways,
  kGetVersions,
  kDiagnose,
  kListEnvironments,
  kGetEnvironment,
  kListSnapshots,
  kGetSnapshot,
  kDiffEnvironments,
  kGetStats,
  kGetOperation,
  kListOperations,
  kListAudit,
  kListRunning,
  kListRestorePoints,
  kRestore,
  kCompact,
  kListExpired,
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
  kGetHistory,
  kCheckDrift,
};

struct Rule {
  Action action;
  // Service and method, for example "StateService.Import".
  std::string_view rpc;
  // What of it, where an RPC has several rules: "mode replace".
  std::string_view what;
  // What stateclient calls it, and `operations`, where it changes something; empty
  // for what every role may.
  std::string_view kind;
  config::Role role;
  // Of a state or a schema; what does not leaves no operation.
  bool changes = false;
};

// In the order of Action.
std::span<const Rule> Rules();
const Rule& RuleOf(Action action);

// "StateService" and the others, each once, in the order of the rules.
std::vector<std::string_view> ServiceNames();

// The kinds of which `role` may nothing, each once.
std::vector<std::string_view> KindsBeyond(config::Role role);

// The rules as a table in Markdown: what docs/security.md holds.
std::string RulesTable();

}  // namespace stateserver::auth
