// SPDX-License-Identifier: Apache-2.0
//
// The operation that a run is.
#pragma once

#include <string>
#include <string_view>

#include "server/operations/log.h"
#include "server/platform/call_context.h"
#include "server/starrocks/revisions/run/request.h"

namespace stateserver::revisions {

// As a JSON string with its quotes.
std::string JsonText(std::string_view text);

// `more` are further members of its arguments: `,"compensate":true`.
operations::OperationRequest OperationOf(const WarehouseTarget& at, std::string_view kind,
                                         const std::string& id, std::string_view target,
                                         std::string_view more, const CallContext& call);

}  // namespace stateserver::revisions
