// SPDX-License-Identifier: Apache-2.0
//
// Rows of stateserver.operations as records; only for the files of this folder.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/operations/log.h"

namespace stateserver::operations {

// The columns that ReadRecord expects, `held` last: whether a session holds the
// lock on the id. pg_locks shows an int8 key as two halves.
extern const char kRecordColumns[];
// SQL: now, in epoch milliseconds of the database's clock.
extern const char kNowMs[];
// SQL: the key of the lock on an id, of $1 = state_schema and $2 = id.
extern const char kLockKey[];

// SQL: whether this very backend holds that lock. Nothing else tells that a session
// is still the one that it was: a pooler may have put another in its place.
extern const char kLockHeldHere[];

// The same columns for lists: see CutTextSql.
std::string ListedRecordColumns();

// SQL: the text of a column, or, where it has more than 64 KiB, its start and how many bytes are
// missing; JSON becomes an object with `cut_bytes` and `begin`. A list has many rows, and what an
// older server let into one of them must not fill the memory of this one.
std::string CutTextSql(std::string_view column);
std::string CutJsonSql(std::string_view column);

// Rows that a list fetches at a time, and the bytes of text after which a page is full.
inline constexpr size_t kListedRows = 100;
inline constexpr size_t kListedBytes = 1 << 20;

// The last entry of the page before, of lists that go from the newest to the oldest.
struct PageToken {
  // After every possible entry: the first page.
  std::string ts = "9223372036854775807";
  std::string id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
};
// ARGUMENT_INVALID for a text that is not one of these; the empty one is the first page.
absl::StatusOr<PageToken> ParsePageToken(const std::string& text);

OperationRecord ReadRecord(const postgres::Result& rows, size_t row,
                           const std::string& state_schema);

// The id in lower case, as PostgreSQL prints it. ARGUMENT_INVALID unless a UUID.
absl::StatusOr<std::string> CanonicalUuid(const std::string& id, std::string_view what);

// The row and whether its lock is held; OPERATION_NOT_FOUND.
absl::StatusOr<OperationRecord> ReadOperation(postgres::Session& session,
                                              const std::string& state_schema,
                                              const std::string& id);

// Before an earlier success is told: PostgreSQL shows a commit that was interrupted
// while it waited for a synchronous standby, though a promotion may still lose it.
// Waits for what comes after it, and so for it too.
absl::Status ConfirmKept(postgres::Session& session, const std::string& state_schema,
                         const std::string& id);

absl::Status OperationNotFound(const std::string& id);

}  // namespace stateserver::operations
