// Reading the operation log.
#include <charconv>
#include <utility>

#include "common/error.h"
#include "common/page_size.h"
#include "common/text.h"
#include "common/uuid.h"
#include "server/operations/log.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"

namespace stateserver::operations {
namespace {

// The last row of the page before.
struct Token {
  std::string started_ts;
  std::string id;
};

absl::StatusOr<Token> ParseToken(const std::string& text) {
  size_t dot = text.find('.');
  int64_t number = 0;
  const char* end = text.data() + (dot == std::string::npos ? 0 : dot);
  auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (dot == std::string::npos || error != std::errc() || stopped != end ||
      !IsUuid(text.substr(dot + 1))) {
    return Error(Reason::ARGUMENT_INVALID, Cat("page token \"", text, "\" is not one of this list"),
                 "Give `next_page_token` of the page before.", {{"field", "page_token"}});
  }
  return Token{text.substr(0, dot), text.substr(dot + 1)};
}

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

absl::StatusOr<OperationPage> ListOperations(postgres::Session& session,
                                             const std::string& state_schema, int page_size,
                                             const std::string& page_token) {
  ASSIGN_OR_RETURN(int size, PageSize(page_size));
  // After every possible row: the first page.
  Token after{"9223372036854775807", "ffffffff-ffff-ffff-ffff-ffffffffffff"};
  if (!page_token.empty()) {
    ASSIGN_OR_RETURN(after, ParseToken(page_token));
  }
  OperationPage page;
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return page;
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(Cat("SELECT ", kRecordColumns,
                                " FROM stateserver.operations WHERE state_schema = $1"
                                " AND (started_ts, id) < ($2::bigint, $3::uuid)"
                                " ORDER BY started_ts DESC, id DESC LIMIT $4::bigint"),
                            {state_schema, after.started_ts, after.id, Cat(size + 1)}));
  size_t count = std::min<size_t>(rows.rows(), size);
  for (size_t row = 0; row < count; ++row) {
    OperationRecord record = ReadRecord(rows, row, state_schema);
    if (record.status == OperationStatus::kAbandoned) {
      ASSIGN_OR_RETURN(record, ReadOperation(session, state_schema, record.id));
    }
    page.operations.push_back(std::move(record));
  }
  if (rows.rows() > count) {
    const OperationRecord& last = page.operations.back();
    page.next_page_token = Cat(last.started_ts, ".", last.id);
  }
  return page;
}

}  // namespace stateserver::operations
