// SPDX-License-Identifier: Apache-2.0
//
// One PostgreSQL connection on loan from a Pool, with at most one transaction.
// The only place that knows the driver; errors are absl::Status with a reason:
// DATABASE_UNREACHABLE, DATABASE_LOST, DATABASE_FULL, PERMISSION_MISSING,
// LOCK_TIMEOUT, COMMIT_IN_DOUBT, CANCELLED, DEADLINE_EXCEEDED, DATABASE_ERROR
// (fact "sqlstate" always set where PostgreSQL gave one).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/call_context.h"

namespace stateserver::postgres {

enum class Isolation { kReadCommitted, kRepeatableReadReadOnly };

// A finished query's rows, in memory.
class Result {
 public:
  struct Impl;
  explicit Result(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  size_t rows() const;
  int64_t affected_rows() const;
  bool IsNull(size_t row, size_t column) const;
  // Valid while any copy of this Result lives. Empty for NULL.
  std::string_view Text(size_t row, size_t column) const;
  std::optional<std::string_view> OptionalText(size_t row, size_t column) const;
  // 0 for NULL.
  int64_t Int(size_t row, size_t column) const;
  std::optional<int64_t> OptionalInt(size_t row, size_t column) const;
  bool Bool(size_t row, size_t column) const;

 private:
  std::shared_ptr<Impl> impl_;
};

using Parameters = std::vector<std::optional<std::string>>;

// A COPY … FROM STDIN in progress. Unfinished at destruction: aborted, and the
// transaction with it.
class CopyIn {
 public:
  virtual ~CopyIn() = default;
  // One row in COPY text format, escaped, without the line feed.
  virtual absl::Status Line(const std::string& line) = 0;
  virtual absl::Status Finish() = 0;
};

// The fields of one row; nullopt for NULL.
using Fields = std::vector<std::optional<std::string_view>>;
// The views live for one call.
using FieldSink = std::function<absl::Status(const Fields&)>;

// A COPY … TO STDOUT in progress. Not read at destruction: cancelled, and the
// transaction aborted.
class CopyFields {
 public:
  virtual ~CopyFields() = default;
  // Every row; once. An error from the sink ends the COPY and is returned.
  virtual absl::Status Read(const FieldSink& sink) = 0;
};

// Not thread-safe. Work under way is cancelled in PostgreSQL when the call
// context it was acquired with is cancelled or past its deadline.
class Session {
 public:
  virtual ~Session() = default;

  virtual absl::Status Begin(Isolation isolation) = 0;
  // COMMIT_IN_DOUBT when the answer was lost.
  virtual absl::Status Commit() = 0;
  // Never fails: a session that cannot roll back is closed.
  virtual void Rollback() = 0;
  // Ends the connection instead of giving it back to the pool, and with it its
  // session-level locks. The session is of no further use.
  virtual void Close() = 0;
  virtual bool in_transaction() const = 0;

  // One statement with $1, $2 … parameters. Works in and outside a transaction.
  virtual absl::StatusOr<Result> Query(const std::string& sql,
                                       const Parameters& parameters = {}) = 0;
  // As Query, prepared once per connection under the text itself.
  virtual absl::StatusOr<Result> QueryPrepared(const std::string& sql,
                                               const Parameters& parameters = {}) = 0;
  // One or several statements without parameters.
  virtual absl::Status Execute(const std::string& sql) = 0;
  // `COPY source TO STDOUT`; source is "(SELECT …)" or "table (columns)".
  // `sink` gets each row in COPY text format without the line feed; an error
  // from it ends the COPY and is returned.
  virtual absl::Status CopyOut(const std::string& source,
                               const std::function<absl::Status(std::string_view)>& sink) = 0;
  // As CopyOut, field by field and unescaped, which is faster for long texts.
  // Every column of the source is of type text. PostgreSQL begins at once; the
  // session is of no use for other statements until all was read.
  virtual absl::StatusOr<std::unique_ptr<CopyFields>> StartCopyFields(
      const std::string& source) = 0;
  // `COPY target FROM STDIN`; target is "table (columns)".
  virtual absl::StatusOr<std::unique_ptr<CopyIn>> StartCopyIn(const std::string& target) = 0;

  // POOLER_UNSAFE where a pooler may run the session's statements over several
  // connections. To be asked before a lock or setting of the session is relied on.
  virtual absl::Status RequireOwnSession() const = 0;

  virtual int backend_pid() const = 0;
  // When the backend began; with its process id that names it for good. Empty where a
  // pooler hides it.
  virtual const std::string& backend_start() const = 0;
  // The connection is gone, or was closed.
  virtual bool lost() const = 0;
  // PostgreSQL's version number, for example 150008.
  virtual int server_version() const = 0;
  // The context this session was acquired with.
  virtual const CallContext& context() const = 0;
};

// "name" with quotes doubled, and 'text' as a literal.
std::string QuoteName(std::string_view name);
std::string QuoteLiteral(std::string_view text);
// The text of an array, for a parameter of type text[].
std::string ArrayLiteral(const std::vector<std::string_view>& texts);

// COPY text format. Append one field's escaped text; split a line into fields,
// unescaped (nullopt for \N).
void AppendCopyField(std::string_view value, std::string* line);
void AppendCopyNull(std::string* line);
// Fields are separated by the caller with '\t'. `fields` keeps its buffers
// between calls.
struct CopyField {
  bool is_null = false;
  std::string_view text;  // points into `line` where nothing was escaped, else into `storage`
  std::string storage;
};
// False when the number of fields is not `count`.
bool SplitCopyLine(std::string_view line, size_t count, std::vector<CopyField>* fields);

}  // namespace stateserver::postgres
