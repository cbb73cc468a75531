// SPDX-License-Identifier: Apache-2.0
//
// Permission to run the Python macros of a state on this server.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/process/confinement.h"
#include "server/platform/auth/rules.h"
#include "server/platform/call_context.h"
#include "server/platform/gateways/gateway.h"
#include "server/rpc/service_context.h"

namespace stateserver::rpc {

// MacroAccess belongs to one call. Not thread-safe.
class MacroAccess {
 public:
  // `operation_id` may be empty. The references must outlive this object.
  MacroAccess(const ServiceContext& context, const gateways::Gateway& gateway,
              const CallContext& call, auth::Action action, std::string operation_id);

  // Decides whether a worker that is confined like this may run macros for the call, and records
  // it in the gateway's audit trail, once. Returns ROLE_MISSING if the worker is not confined and
  // the caller is not an admin, which is recorded as a refusal, or the error of RecordMacroRun.
  absl::Status Admit(Confinement how);

 private:
  absl::Status CheckCaller(Confinement how) const;

  const ServiceContext& context_;
  const gateways::Gateway& gateway_;
  const CallContext& call_;
  const auth::Rule& rule_;
  const std::string operation_id_;
  std::optional<Confinement> recorded_;
};

}  // namespace stateserver::rpc
