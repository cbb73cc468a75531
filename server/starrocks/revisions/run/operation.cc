// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/operation.h"

#include "common/json/text.h"
#include "common/text.h"

namespace stateserver::revisions {

std::string JsonText(std::string_view text) {
  std::string out;
  json::AppendQuoted(text, json::Charset::kUtf8, &out);
  return out;
}

operations::OperationRequest OperationOf(const WarehouseTarget& at, std::string_view kind,
                                         const std::string& id, std::string_view target,
                                         std::string_view more, const CallContext& call) {
  operations::OperationRequest request;
  request.id = id;
  request.kind = kind;
  request.arguments_json =
      Cat("{\"database\":", JsonText(at.key.database), ",\"target\":", JsonText(target), more, "}");
  request.gateway = at.key.gateway;
  request.state_schema = at.state_schema;
  operations::SetCaller(call, &request);
  return request;
}

}  // namespace stateserver::revisions
