// SPDX-License-Identifier: Apache-2.0

#include "server/operations/audit.h"

#include <algorithm>

#include "common/error.h"
#include "common/page_size.h"
#include "common/page_token.h"
#include "common/text.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"

namespace stateserver::operations {
namespace {

AuditEvent ReadEvent(const postgres::Result& rows, size_t row) {
  AuditEvent event;
  event.seq = rows.Int(row, 0);
  event.at_ts = rows.Int(row, 1);
  std::string* texts[] = {&event.event,        &event.operation_id, &event.kind,
                          &event.gateway,      &event.principal,    &event.method,
                          &event.peer,         &event.trace_id,     &event.arguments_json,
                          &event.details_json, &event.error,        &event.error_reason};
  size_t column = 2;
  for (std::string* text : texts) *text = rows.Text(row, column++);
  return event;
}

}  // namespace

std::string PageTokenAt(const AuditEvent& first) { return Cat(first.seq); }

const char kAuditReturning[] =
    "state_schema, id, kind, gateway, principal, arguments, details, error, error_reason";

std::string AuditInsert(int first) {
  return Cat(
      " INSERT INTO stateserver.audit (state_schema, operation_id, kind, gateway, principal,"
      " arguments, details, error, error_reason, at_ts, method, peer, trace_id, event)"
      " SELECT op.*, ",
      kNowMs, ", $", first, "::text, $", first + 1, "::text, $", first + 2, "::text, $", first + 3,
      "::text FROM op");
}

void AddAuditParameters(const OperationRequest& request, std::string_view event,
                        postgres::Parameters* to) {
  to->insert(to->end(), {request.method, request.peer, request.trace_id, std::string(event)});
}

absl::StatusOr<AuditPage> ReadAudit(postgres::Session& session, const std::string& state_schema,
                                    const AuditFilter& filter, int page_size,
                                    const std::string& page_token) {
  ASSIGN_OR_RETURN(int size, PageSize(page_size));
  ASSIGN_OR_RETURN(int64_t from_seq, ParseNumberToken(page_token, 0));
  std::optional<std::string> id;
  if (!filter.operation_id.empty()) {
    ASSIGN_OR_RETURN(id, CanonicalUuid(filter.operation_id, "Operation id"));
  }
  AuditPage page;
  ASSIGN_OR_RETURN(bool exists, AuditExists(session));
  if (!exists) return page;
  const std::string sql =
      Cat("SELECT seq, at_ts, event, operation_id, kind, gateway, principal, method, peer,"
          " trace_id, ",
          CutJsonSql("arguments"), ", ", CutJsonSql("details"), ", ", CutTextSql("error"),
          ", error_reason FROM stateserver.audit WHERE state_schema = $1"
          " AND seq >= $2::bigint AND at_ts >= $3::bigint"
          " AND ($4::uuid IS NULL OR operation_id = $4::uuid)"
          " ORDER BY seq LIMIT $5::bigint");
  const auto most = static_cast<size_t>(size);
  size_t bytes = 0;
  while (true) {
    size_t count = std::min(most - page.events.size(), kListedRows);
    ASSIGN_OR_RETURN(postgres::Result rows,
                     session.QueryPrepared(sql, {state_schema, Cat(from_seq), Cat(filter.since_ts),
                                                 id, Cat(count + 1)}));
    for (size_t row = 0; row < std::min(rows.rows(), count); ++row) {
      AuditEvent event = ReadEvent(rows, row);
      bytes += event.arguments_json.size() + event.details_json.size() + event.error.size();
      page.events.push_back(std::move(event));
    }
    if (rows.rows() <= count) return page;
    from_seq = rows.Int(count, 0);
    if (page.events.size() == most || bytes >= kListedBytes) {
      page.next_page_token = Cat(from_seq);
      return page;
    }
  }
}

}  // namespace stateserver::operations
