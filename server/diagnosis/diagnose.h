// SPDX-License-Identifier: Apache-2.0
//
// What stands in the way of the commands on one gateway: for `stateclient doctor`.
#pragma once

#include <string>
#include <vector>

#include "server/platform/call_context.h"
#include "server/platform/gateways/gateway.h"

namespace stateserver::diagnosis {

enum class Verdict { kPassed, kWarning, kFailed };

struct Diagnosis {
  // What was looked at: "database", "rights to write", …
  std::string name;
  Verdict verdict = Verdict::kPassed;
  // One sentence: what was found.
  std::string message;
  // What to do; empty where it passed.
  std::string hint;
  // The commands of stateclient that do not work without it.
  std::vector<std::string> commands;
};

// Looks, and changes nothing. Never fails: what cannot be reached is a finding.
std::vector<Diagnosis> Diagnose(const gateways::Gateway& gateway, const CallContext& call);

}  // namespace stateserver::diagnosis
