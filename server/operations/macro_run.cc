// SPDX-License-Identifier: Apache-2.0

#include "server/operations/macro_run.h"

#include "common/error.h"
#include "common/text.h"
#include "server/operations/audit.h"
#include "server/operations/schema.h"

namespace stateserver::operations {

absl::Status RecordMacroRun(postgres::Pool& pool, const CallContext& call,
                            OperationRequest request) {
  SetCaller(call, &request);
  ASSIGN_OR_RETURN(auto session, pool.Acquire(call));
  RETURN_IF_ERROR(EnsureSchema(*session));
  std::string sql =
      Cat("WITH op AS (SELECT $1::text AS state_schema, $2::uuid AS id, $3::text AS kind,"
          " $4::text AS gateway, $5::text AS principal, $6::jsonb AS arguments, '' AS details,"
          " '' AS error, '' AS error_reason)",
          AuditInsert(7));
  postgres::Parameters parameters = {request.state_schema, request.id,
                                     kRunMacros,           request.gateway,
                                     request.principal,    request.arguments_json};
  AddAuditParameters(request, "began", &parameters);
  return session->QueryPrepared(sql, parameters).status();
}

}  // namespace stateserver::operations
