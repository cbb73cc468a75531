// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/macro_access.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/operations/macro_run.h"

namespace stateserver::rpc {

using config::Role;

MacroAccess::MacroAccess(const ServiceContext& context, const gateways::Gateway& gateway,
                         const CallContext& call, auth::Action action, std::string operation_id)
    : context_(context),
      gateway_(gateway),
      call_(call),
      rule_(auth::RuleOf(action)),
      operation_id_(IsUuid(operation_id) ? std::move(operation_id) : NewUuid()) {}

absl::Status MacroAccess::CheckCaller(Confinement how) const {
  const Role has = call_.identity == nullptr ? Role::kNone : call_.identity->RoleOn(gateway_.name);
  if (how != Confinement::kNone || has == Role::kAdmin) return absl::OkStatus();
  return Error(
      Reason::ROLE_MISSING,
      Cat("'", call_.principal, "' has the role ", config::RoleName(has), " on gateway '",
          gateway_.name, "', and running the Python macros of a state needs ",
          config::RoleName(Role::kAdmin), ", because this server cannot confine its workers"),
      Cat("Ask an administrator for the role ", config::RoleName(Role::kAdmin), " on gateway '",
          gateway_.name, "', or for a server that confines workers; see docs/workers.md."),
      {{"principal", call_.principal},
       {"role", std::string(config::RoleName(Role::kAdmin))},
       {"rpc", std::string(rule_.rpc)}});
}

absl::Status MacroAccess::Admit(Confinement how) {
  if (recorded_ == how) return absl::OkStatus();
  operations::OperationRequest request;
  request.kind = operations::kRunMacros;
  request.gateway = gateway_.name;
  request.state_schema = gateway_.state_schema;
  request.arguments_json = Cat("{\"call\":\"", rule_.rpc, "\",\"worker\":\"fingerprint\",",
                               "\"worker_confinement\":\"", ConfinementName(how), "\"}");
  absl::Status allowed = CheckCaller(how);
  if (!allowed.ok()) {
    context_.rpc.metrics.AuthorizationRefused(rule_.rpc);
    // The refusal has an id of its own: the caller's operation has one outcome already.
    request.id = NewUuid();
    operations::SetCaller(call_, &request);
    operations::RecordRefused(*gateway_.pool, request, allowed);
    return allowed;
  }
  request.id = operation_id_;
  RETURN_IF_ERROR(operations::RecordMacroRun(*gateway_.pool, call_, std::move(request)));
  recorded_ = how;
  return absl::OkStatus();
}

}  // namespace stateserver::rpc
