// SPDX-License-Identifier: Apache-2.0
//
// One PostgreSQL connection borrowed from a Pool, with at most one transaction. Only this interface
// knows the driver. Errors are absl::Status with a reason: DATABASE_UNREACHABLE, DATABASE_LOST,
// DATABASE_FULL, PERMISSION_MISSING, LOCK_TIMEOUT, COMMIT_IN_DOUBT, CANCELLED, DEADLINE_EXCEEDED or
// DATABASE_ERROR (fact "sqlstate" is set whenever PostgreSQL sent one).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/call_context.h"

namespace stateserver::postgres {

enum class Isolation { kReadCommitted, kRepeatableReadReadOnly };

// Result holds the rows of a finished query in memory.
class Result {
 public:
  struct Impl;
  explicit Result(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  size_t rows() const;
  int64_t affected_rows() const;
  bool IsNull(size_t row, size_t column) const;
  // Returns a view that is valid while any copy of this Result lives; empty for NULL.
  std::string_view Text(size_t row, size_t column) const;
  std::optional<std::string_view> OptionalText(size_t row, size_t column) const;
  // Returns 0 for NULL.
  int64_t Int(size_t row, size_t column) const;
  std::optional<int64_t> OptionalInt(size_t row, size_t column) const;
  bool Bool(size_t row, size_t column) const;

 private:
  std::shared_ptr<Impl> impl_;
};

using Parameters = std::vector<std::optional<std::string>>;

// CopyIn is a COPY … FROM STDIN in progress. If it is destroyed before Finish, the COPY and its
// transaction are aborted.
class CopyIn {
 public:
  virtual ~CopyIn() = default;
  // Sends one row in COPY text format, escaped, without the line feed.
  virtual absl::Status Line(const std::string& line) = 0;
  virtual absl::Status Finish() = 0;
};

// Fields holds the fields of one row; nullopt for NULL.
using Fields = std::vector<std::optional<std::string_view>>;
// FieldSink receives one row. The views are valid only during the call.
using FieldSink = std::function<absl::Status(const Fields&)>;

// CopyFields is a COPY … TO STDOUT in progress. If it is destroyed before Read, the COPY is
// cancelled and the transaction aborted.
class CopyFields {
 public:
  virtual ~CopyFields() = default;
  // Passes every row to `sink`. May be called once. An error from `sink` ends the COPY and is
  // returned.
  virtual absl::Status Read(const FieldSink& sink) = 0;
};

// Session is a borrowed connection. Statements in progress are cancelled in PostgreSQL when the
// call context of the session is cancelled or past its deadline. Not thread-safe.
class Session {
 public:
  virtual ~Session() = default;

  virtual absl::Status Begin(Isolation isolation) = 0;
  // Commits. Returns COMMIT_IN_DOUBT if the result of the COMMIT was lost.
  virtual absl::Status Commit() = 0;
  // Rolls back. Never fails: a session that cannot roll back is closed.
  virtual void Rollback() = 0;
  // Closes the connection instead of returning it to the pool, which releases its session-level
  // locks. The session cannot be used afterwards.
  virtual void Close() = 0;
  virtual bool in_transaction() const = 0;

  // Runs one statement with $1, $2 … parameters, inside or outside a transaction.
  virtual absl::StatusOr<Result> Query(const std::string& sql,
                                       const Parameters& parameters = {}) = 0;
  // Works like Query, with a statement that is prepared once per connection under its own text.
  virtual absl::StatusOr<Result> QueryPrepared(const std::string& sql,
                                               const Parameters& parameters = {}) = 0;
  // Runs one or several statements without parameters.
  virtual absl::Status Execute(const std::string& sql) = 0;
  // Runs `COPY source TO STDOUT`; source is "(SELECT …)" or "table (columns)". `sink` receives each
  // row in COPY text format without the line feed. An error from it ends the COPY and is returned.
  virtual absl::Status CopyOut(const std::string& source,
                               const std::function<absl::Status(std::string_view)>& sink) = 0;
  // Works like CopyOut, but delivers unescaped fields, which is faster for long texts. Every column
  // of the source must be of type text. PostgreSQL starts immediately; the session cannot run other
  // statements until all rows have been read.
  virtual absl::StatusOr<std::unique_ptr<CopyFields>> StartCopyFields(
      const std::string& source) = 0;
  // Starts `COPY target FROM STDIN`; target is "table (columns)".
  virtual absl::StatusOr<std::unique_ptr<CopyIn>> StartCopyIn(const std::string& target) = 0;

  // Returns POOLER_UNSAFE if a pooler may run the session's statements over several connections.
  // Call it before relying on a lock or setting of the session.
  virtual absl::Status RequireOwnSession() const = 0;

  virtual int backend_pid() const = 0;
  // Returns the start time of the backend, which identifies it uniquely together with its process
  // id. Empty if a pooler hides it.
  virtual const std::string& backend_start() const = 0;
  // Returns true if the connection is lost or was closed.
  virtual bool lost() const = 0;
  // Returns PostgreSQL's version number, for example 150008.
  virtual int server_version() const = 0;
  // Returns the context that this session was acquired with.
  virtual const CallContext& context() const = 0;
};

// Transaction is the transaction of a session. It is rolled back when the object is destroyed,
// unless Commit succeeded. Movable; the session must outlive it. Not thread-safe.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Session& session, Isolation isolation);
  Transaction(Transaction&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Transaction& operator=(Transaction&& other) noexcept {
    std::swap(session_, other.session_);
    return *this;
  }
  ~Transaction();

  // Commits; call it at most once. Errors are those of Session::Commit.
  absl::Status Commit();

 private:
  explicit Transaction(Session& session) : session_(&session) {}

  Session* session_;  // null after a commit or a move
};

// Return "name" with quotes doubled, and 'text' as a literal.
std::string QuoteName(std::string_view name);
std::string QuoteLiteral(std::string_view text);
// Returns the text of an array, for a parameter of type text[].
std::string ArrayLiteral(const std::vector<std::string_view>& texts);

// Append one field's escaped text, or NULL (\N), in COPY text format. The caller separates fields
// with '\t'.
void AppendCopyField(std::string_view value, std::string* line);
void AppendCopyNull(std::string* line);
// CopyField is one unescaped field. It keeps its buffer between calls.
struct CopyField {
  bool is_null = false;
  std::string_view text;  // points into `line` if nothing was escaped, otherwise into `storage`
  std::string storage;
};
// Splits a line of COPY text format into unescaped fields. Returns false if the number of fields is
// not `count`.
bool SplitCopyLine(std::string_view line, size_t count, std::vector<CopyField>* fields);

}  // namespace stateserver::postgres
