// SPDX-License-Identifier: Apache-2.0
//
// Conversion of rows of stateserver.operations to records. Only for use inside this folder.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/operations/log.h"

namespace stateserver::operations {

// The columns that ReadRecord expects. The last, `held`, is true if a session holds the lock on the
// id. pg_locks shows an int8 key as two halves.
extern const char kRecordColumns[];
inline constexpr size_t kRecordColumnCount = 13;
// SQL: the current time in epoch milliseconds of the database's clock.
extern const char kNowMs[];
// SQL: the key of the lock on an id; $1 = state_schema and $2 = id.
extern const char kLockKey[];

// SQL: true if this backend holds that lock. This is the only proof that a session still uses the
// same backend, because a pooler may have replaced it.
extern const char kLockHeldHere[];

// Returns the same columns for lists, with long texts truncated: see CutTextSql.
std::string ListedRecordColumns();

// Return SQL for the text of a column, truncated at 64 KiB with the number of missing bytes.
// Truncated JSON becomes an object with `cut_bytes` and `begin`. A list has many rows, and
// oversized values that an older server stored must not exhaust this server's memory.
std::string CutTextSql(std::string_view column);
std::string CutJsonSql(std::string_view column);

// Rows that a list fetches at a time, and the bytes of text at which a page is full.
inline constexpr size_t kListedRows = 100;
inline constexpr size_t kListedBytes = 1 << 20;

OperationRecord ReadRecord(const postgres::Result& rows, size_t row,
                           const std::string& state_schema);

// Returns the id in lower case, as PostgreSQL prints it. Returns ARGUMENT_INVALID unless it is a
// UUID.
absl::StatusOr<std::string> CanonicalUuid(const std::string& id, std::string_view what);

// Reads the row and whether its lock is held. Returns OPERATION_NOT_FOUND.
absl::StatusOr<OperationRecord> ReadOperation(postgres::Session& session,
                                              const std::string& state_schema,
                                              const std::string& id);

// Waits until an earlier success is durable; called before the success is reported. PostgreSQL
// shows a commit that was interrupted while it waited for a synchronous standby, although a
// promotion may still lose it. Waiting for a later commit implies that the earlier one is
// replicated too.
absl::Status ConfirmKept(postgres::Session& session, const std::string& state_schema,
                         const std::string& id);

absl::Status OperationNotFound(const std::string& id);

}  // namespace stateserver::operations
