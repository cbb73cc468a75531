// SPDX-License-Identifier: Apache-2.0
//
// May this call do this here?
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/platform/auth/rules.h"
#include "server/platform/gateways/gateway.h"
#include "server/rpc/service_context.h"

namespace stateserver::rpc {

// What a call is about to do.
struct Access {
  auth::Action action;
  // Of a call that changes something: as the caller chose it.
  std::string operation_id;
};

// ROLE_MISSING names the role that is needed. The refusal of a call that would
// change something is recorded among the gateway's operations, under an id of its
// own. Names the operation in the call's notes.
absl::Status Authorize(const ServiceContext& context, const gateways::Gateway& gateway,
                       const Access& access, const CallContext& call, CallNotes& notes);

// The first part of Authorize: records nothing.
absl::Status CheckRole(const gateways::Gateway& gateway, auth::Action action,
                       const CallContext& call);

// As Authorize, for calls that are about no gateway: the role may be on any.
absl::Status AuthorizeAnywhere(auth::Action action, const CallContext& call);

// Whether to name the gateway to the caller at all.
bool MayKnow(const gateways::Gateway& gateway, const CallContext& call);

// An error of the registry without the names of gateways that are no business of
// the caller.
absl::Status Discreet(const absl::Status& error, const gateways::GatewayRegistry& registry,
                      const CallContext& call);

}  // namespace stateserver::rpc
