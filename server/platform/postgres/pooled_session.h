// SPDX-License-Identifier: Apache-2.0
//
// The Session that a Pool lends. Only for use inside this folder.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "server/platform/postgres/connection.h"
#include "server/platform/postgres/session.h"
#include "server/platform/postgres/watcher.h"

namespace stateserver::postgres {

class PooledSession final : public Session {
 public:
  using GiveBack = std::function<void(std::unique_ptr<Connection>)>;

  // `watcher` must outlive the session. `give_back` receives the connection at the end, outside any
  // transaction.
  PooledSession(std::unique_ptr<Connection> connection, Watcher& watcher, CallContext context,
                GiveBack give_back);
  ~PooledSession() override;

  absl::Status Begin(Isolation isolation) override;
  absl::Status Commit() override;
  void Rollback() override;
  void Close() override;
  bool in_transaction() const override;
  absl::StatusOr<Result> Query(const std::string& sql, const Parameters& parameters) override;
  absl::StatusOr<Result> QueryPrepared(const std::string& sql,
                                       const Parameters& parameters) override;
  absl::Status Execute(const std::string& sql) override;
  absl::Status CopyOut(const std::string& source,
                       const std::function<absl::Status(std::string_view)>& sink) override;
  absl::StatusOr<std::unique_ptr<CopyFields>> StartCopyFields(const std::string& source) override;
  absl::StatusOr<std::unique_ptr<CopyIn>> StartCopyIn(const std::string& target) override;
  absl::Status RequireOwnSession() const override;
  int backend_pid() const override { return connection_->pid(); }
  const std::string& backend_start() const override { return connection_->backend_start; }
  bool lost() const override { return !connection_->alive(); }
  int server_version() const override { return connection_->version(); }
  const CallContext& context() const override { return context_; }

 private:
  friend class PooledCopyIn;
  friend class PooledCopyFields;

  Watch NewWatch(Interrupt interrupt) const;
  // Returns OK if a statement may start.
  absl::Status CheckReady() const;
  // Runs the statement while the watcher may cancel it.
  absl::StatusOr<Result> RunWatched(const std::function<pqxx::result()>& statement);
  // Works like RunWatched. Behind a pooler and outside a transaction, runs the statement in its own
  // transaction, together with the settings it relies on.
  absl::StatusOr<Result> RunSafely(const std::function<pqxx::result()>& statement);
  // Returns the settings that each transaction behind a pooler makes for itself.
  std::string LocalSettings() const;
  // Returns the error of a failed statement. `interruption` is the watcher's verdict.
  absl::Status Failure(absl::Status interruption, std::string_view text = "");
  // Reads the remaining results of a COPY, however it ended.
  void DrainResults();
  absl::Status SendCopyOut(const std::string& sql);
  absl::Status ReceiveCopyOut(const std::function<absl::Status(std::string_view)>& sink);
  // Passes each row to `sink`. PostgreSQL sends every row as one message.
  absl::Status ReadCopyMessages(const std::function<absl::Status(std::string_view)>& sink,
                                bool* sink_failed);
  void StopCopyOut();
  bool TryRollback();

  std::unique_ptr<Connection> connection_;
  Watcher& watcher_;
  const CallContext context_;
  GiveBack give_back_;
};

}  // namespace stateserver::postgres
