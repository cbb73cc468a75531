// SPDX-License-Identifier: Apache-2.0
//
// Authorization of calls.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/platform/auth/rules.h"
#include "server/platform/gateways/gateway.h"
#include "server/rpc/service_context.h"

namespace stateserver::rpc {

// Access is the action that a call is about to perform.
struct Access {
  auth::Action action;
  // The operation id chosen by the caller, if the call changes something.
  std::string operation_id;
};

// Returns true if the method ("StateService.Import") has the option `changes` in the protocol.
bool Changes(std::string_view method);

// Returns ROLE_MISSING, naming the required role, if the caller may not perform the action. Records
// the refusal of a changing call among the gateway's operations, under its own id. Adds the
// operation to the call's notes.
absl::Status Authorize(const ServiceContext& context, const gateways::Gateway& gateway,
                       const Access& access, const CallContext& call, CallNotes& notes);

// Performs only the check of Authorize, without recording anything.
absl::Status CheckRole(const gateways::Gateway& gateway, auth::Action action,
                       const CallContext& call);

// Works like Authorize for calls that concern no gateway: the role may be on any gateway.
absl::Status AuthorizeAnywhere(auth::Action action, const CallContext& call);

// Returns true if the caller may learn that the gateway exists.
bool MayKnow(const gateways::Gateway& gateway, const CallContext& call);

// Returns a registry error without the names of gateways that the caller may not learn about.
absl::Status Discreet(const absl::Status& error, const gateways::GatewayRegistry& registry,
                      const CallContext& call);

}  // namespace stateserver::rpc
