// SPDX-License-Identifier: Apache-2.0
//
// Checks of a gateway for `stateclient doctor`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/platform/call_context.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/workers/launcher.h"

namespace stateserver::diagnosis {

enum class Verdict { kPassed, kWarning, kFailed };

struct Diagnosis {
  // The subject of the check: "database", "rights to write", …
  std::string name;
  Verdict verdict = Verdict::kPassed;
  // One sentence with the finding.
  std::string message;
  // The remedy; empty if the check passed.
  std::string hint;
  // The calls that depend on this check, as in the protocol.
  std::vector<std::string> calls;
};

// Runs all checks without changing anything. Never fails: an unreachable database is a finding.
// `workers` is how the server's fingerprint worker is confined; nullopt if there is none.
std::vector<Diagnosis> Diagnose(const gateways::Gateway& gateway, const CallContext& call,
                                const std::optional<workers::SandboxCheck>& workers);

}  // namespace stateserver::diagnosis
