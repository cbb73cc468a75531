// SPDX-License-Identifier: Apache-2.0

#include "server/operations/rows.h"

#include <algorithm>
#include <array>

#include "common/error.h"
#include "common/text.h"
#include "common/uuid.h"

namespace stateserver::operations {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"running", "succeeded", "failed",
                                                          "refused", "abandoned"};

OperationStatus ParseStatus(std::string_view name) {
  auto found = std::find(kStatusNames.begin(), kStatusNames.end(), name);
  return static_cast<OperationStatus>(found - kStatusNames.begin());
}

}  // namespace

const char kRecordColumns[] =
    "id, kind, status, gateway, principal, arguments, started_ts, finished_ts, details, error,"
    " error_reason, restore_point_id, EXISTS (SELECT FROM pg_locks l"
    "  WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
    "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    "  AND ((l.classid::bigint << 32) | l.objid::bigint) ="
    "      hashtextextended('stateserver.operation:' || state_schema || ':' || id::text, 0))";

std::string ListedRecordColumns() {
  std::string columns = kRecordColumns;
  auto replace = [&columns](std::string_view column, const std::string& with) {
    columns.replace(columns.find(column), column.size(), with);
  };
  replace(" arguments,", Cat(" ", CutJsonSql("arguments"), ","));
  replace(" details,", Cat(" ", CutJsonSql("details"), ","));
  replace(" error,", Cat(" ", CutTextSql("error"), ","));
  return columns;
}

std::string CutTextSql(std::string_view column) {
  return Cat("CASE WHEN octet_length(", column, ") > 65536 THEN left(", column,
             ", 1024) || '… (' || octet_length(", column, ") - octet_length(left(", column,
             ", 1024)) || ' bytes cut)' ELSE ", column, " END");
}

std::string CutJsonSql(std::string_view column) {
  std::string text = Cat(column, "::text");
  return Cat("CASE WHEN octet_length(", text,
             ") > 65536 THEN jsonb_build_object('cut_bytes', octet_length(", text,
             "), 'begin', left(", text, ", 1024))::text ELSE ", text, " END");
}

const char kNowMs[] = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

const char kLockKey[] =
    "hashtextextended('stateserver.operation:' || $1::text || ':' || $2::text, 0)";

const char kLockHeldHere[] =
    "EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
    "  AND l.pid = pg_backend_pid()"
    "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    "  AND ((l.classid::bigint << 32) | l.objid::bigint) ="
    "      hashtextextended('stateserver.operation:' || $1::text || ':' || $2::text, 0))";

std::string_view StatusName(OperationStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

OperationRecord ReadRecord(const postgres::Result& rows, size_t row,
                           const std::string& state_schema) {
  OperationRecord record;
  record.id = rows.Text(row, 0);
  record.kind = rows.Text(row, 1);
  record.status = ParseStatus(rows.Text(row, 2));
  record.gateway = rows.Text(row, 3);
  record.state_schema = state_schema;
  record.principal = rows.Text(row, 4);
  record.arguments_json = rows.Text(row, 5);
  record.started_ts = rows.Int(row, 6);
  record.finished_ts = rows.Int(row, 7);
  record.details_json = rows.Text(row, 8);
  record.error = rows.Text(row, 9);
  record.error_reason = rows.Text(row, 10);
  record.restore_point_id = rows.Text(row, 11);
  bool held = rows.Bool(row, 12);
  if (record.status == OperationStatus::kRunning && !held) {
    record.status = OperationStatus::kAbandoned;
  }
  return record;
}

absl::StatusOr<std::string> CanonicalUuid(const std::string& id, std::string_view what) {
  if (!IsUuid(id)) {
    return Error(Reason::ARGUMENT_INVALID, Cat(what, " '", id, "' is not a UUID"),
                 "Use the form 8-4-4-4-12 with hexadecimal digits.", {{"field", "id"}});
  }
  std::string lower = id;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

absl::Status OperationNotFound(const std::string& id) {
  return Error(Reason::OPERATION_NOT_FOUND, Cat("No operation with the id '", id, "'."),
               "It never began; ListOperations returns those that did.", {{"operation", id}});
}

absl::Status ConfirmKept(postgres::Session& session, const std::string& state_schema,
                         const std::string& id) {
  // A commit without writes does not wait for replication.
  RETURN_IF_ERROR(session
                      .QueryPrepared("UPDATE stateserver.operations SET finished_ts = finished_ts"
                                     " WHERE state_schema = $1 AND id = $2::uuid",
                                     {state_schema, id})
                      .status());
  // PostgreSQL reports a cancelled wait as a warning and success.
  return session.context().Check();
}

absl::StatusOr<OperationRecord> ReadOperation(postgres::Session& session,
                                              const std::string& state_schema,
                                              const std::string& id) {
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared(Cat("SELECT ", kRecordColumns,
                                             " FROM stateserver.operations"
                                             " WHERE state_schema = $1 AND id = $2::uuid"),
                                         {state_schema, id}));
  if (rows.rows() == 0) return OperationNotFound(id);
  return ReadRecord(rows, 0, state_schema);
}

}  // namespace stateserver::operations
