// SPDX-License-Identifier: Apache-2.0
//
// Reading the operation log.
#include <algorithm>
#include <utility>

#include "common/error.h"
#include "common/page_size.h"
#include "common/text.h"
#include "server/operations/log.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"

namespace stateserver::operations {
namespace {

// A standby shows what it has; a role that may not write cannot make anybody wait.
constexpr char kCannotConfirm[] =
    "SELECT pg_is_in_recovery() OR NOT has_table_privilege('stateserver.operations', 'UPDATE')";

}  // namespace

absl::StatusOr<OperationRecord> GetOperation(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id) {
  ASSIGN_OR_RETURN(std::string uuid, CanonicalUuid(id, "operation id"));
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return OperationNotFound(uuid);
  ASSIGN_OR_RETURN(OperationRecord record, ReadOperation(session, state_schema, uuid));
  if (record.status == OperationStatus::kAbandoned) {
    // It may have ended between the statement's snapshot and its look at the
    // locks: with the lock gone, a second look sees the last word.
    ASSIGN_OR_RETURN(record, ReadOperation(session, state_schema, uuid));
  }
  if (record.status != OperationStatus::kSucceeded) return record;
  ASSIGN_OR_RETURN(postgres::Result cannot, session.Query(kCannotConfirm));
  if (!cannot.Bool(0, 0)) RETURN_IF_ERROR(ConfirmKept(session, state_schema, uuid));
  return record;
}

std::string PageTokenAfter(const OperationRecord& last) {
  return Cat(last.started_ts, ".", last.id);
}

absl::StatusOr<OperationPage> ListOperations(postgres::Session& session,
                                             const std::string& state_schema, int page_size,
                                             const std::string& page_token) {
  ASSIGN_OR_RETURN(int asked, PageSize(page_size));
  ASSIGN_OR_RETURN(PageToken after, ParsePageToken(page_token));
  OperationPage page;
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return page;
  const std::string sql = Cat("SELECT ", ListedRecordColumns(),
                              " FROM stateserver.operations WHERE state_schema = $1"
                              " AND (started_ts, id) < ($2::bigint, $3::uuid)"
                              " ORDER BY started_ts DESC, id DESC LIMIT $4::bigint");
  const auto size = static_cast<size_t>(asked);
  size_t bytes = 0;
  while (true) {
    size_t count = std::min(size - page.operations.size(), kListedRows);
    ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(sql, {state_schema, after.ts,
                                                                        after.id, Cat(count + 1)}));
    for (size_t row = 0; row < std::min(rows.rows(), count); ++row) {
      OperationRecord record = ReadRecord(rows, row, state_schema);
      if (record.status == OperationStatus::kAbandoned) {
        ASSIGN_OR_RETURN(record, ReadOperation(session, state_schema, record.id));
      }
      bytes += record.details_json.size() + record.error.size() + record.arguments_json.size();
      page.operations.push_back(std::move(record));
    }
    if (rows.rows() <= count) return page;
    const OperationRecord& last = page.operations.back();
    if (page.operations.size() == size || bytes >= kListedBytes) {
      page.next_page_token = PageTokenAfter(last);
      return page;
    }
    after = {Cat(last.started_ts), last.id};
  }
}

}  // namespace stateserver::operations
