// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/authorize.h"

#include <google/protobuf/descriptor.h>

#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/operations/log.h"
#include "stateserver/v1/options.pb.h"

namespace stateserver::rpc {
namespace {

using config::Role;
using config::RoleName;

absl::Status RoleMissing(const auth::Rule& rule, Role has, const std::string& principal,
                         const std::string& where) {
  std::string what = rule.what.empty() ? "" : Cat(" (", rule.what, ")");
  return Error(Reason::ROLE_MISSING,
               Cat("'", principal, "' has the role ", RoleName(has), " ", where, ", and ", rule.rpc,
                   what, " needs ", RoleName(rule.role)),
               Cat("Ask an administrator for the role ", RoleName(rule.role), " ", where, "."),
               {{"principal", principal},
                {"role", std::string(RoleName(rule.role))},
                {"rpc", std::string(rule.rpc)}});
}

void Record(const gateways::Gateway& gateway, const auth::Rule& rule, const Access& access,
            const CallContext& call, const absl::Status& error) {
  if (!Changes(rule.rpc) || gateway.pool == nullptr) return;
  operations::OperationRequest request;
  // The refusal does not use the caller's id: callers without permission must not reserve ids.
  request.id = NewUuid();
  request.kind = rule.kind;
  request.arguments_json = "{\"requested_operation\":";
  request.arguments_json +=
      IsUuid(access.operation_id) ? Cat("\"", access.operation_id, "\"}") : "\"\"}";
  request.gateway = gateway.name;
  request.state_schema = gateway.state_schema;
  operations::SetCaller(call, &request);
  operations::RecordRefused(*gateway.pool, request, error);
}

}  // namespace

bool Changes(std::string_view method) {
  const google::protobuf::MethodDescriptor* found =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
          Cat("stateserver.v1.", method));
  return found != nullptr && found->options().GetExtension(v1::changes);
}

absl::Status Authorize(const ServiceContext& context, const gateways::Gateway& gateway,
                       const Access& access, const CallContext& call, CallNotes& notes) {
  notes.set_gateway(gateway.name);
  if (!access.operation_id.empty()) notes.set_operation(access.operation_id);
  absl::Status error = CheckRole(gateway, access.action, call);
  if (error.ok()) return error;
  const auth::Rule& rule = auth::RuleOf(access.action);
  context.rpc.metrics.AuthorizationRefused(rule.rpc);
  Record(gateway, rule, access, call, error);
  return error;
}

absl::Status CheckRole(const gateways::Gateway& gateway, auth::Action action,
                       const CallContext& call) {
  const auth::Rule& rule = auth::RuleOf(action);
  Role has = call.identity == nullptr ? Role::kNone : call.identity->RoleOn(gateway.name);
  if (has >= rule.role) return absl::OkStatus();
  return RoleMissing(rule, has, call.principal, Cat("on gateway '", gateway.name, "'"));
}

absl::Status AuthorizeAnywhere(auth::Action action, const CallContext& call) {
  const auth::Rule& rule = auth::RuleOf(action);
  Role has = call.identity == nullptr ? Role::kNone : call.identity->RoleAnywhere();
  if (has >= rule.role) return absl::OkStatus();
  return RoleMissing(rule, has, call.principal, "on any gateway");
}

bool MayKnow(const gateways::Gateway& gateway, const CallContext& call) {
  return call.identity != nullptr && call.identity->RoleOn(gateway.name) >= Role::kReader;
}

absl::Status Discreet(const absl::Status& error, const gateways::GatewayRegistry& registry,
                      const CallContext& call) {
  std::string known;
  bool all = true;
  for (const gateways::GatewayPtr& gateway : registry.All()) {
    if (MayKnow(*gateway, call)) {
      known += (known.empty() ? "" : ", ") + gateway->name;
    } else {
      all = false;
    }
  }
  if (all) return error;
  return Error(ReasonOf(error), MessageOf(error), "You have a role on: " + known + ".",
               FactsOf(error));
}

}  // namespace stateserver::rpc
