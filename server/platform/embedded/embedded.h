// SPDX-License-Identifier: Apache-2.0
//
// A private PostgreSQL cluster in a folder: created on first use, reachable only over a unix
// socket, supervised, and stopped with the server.
//
//   DIR/data             the cluster, owned by the cluster's user
//   DIR/run              its socket (elsewhere if the path is too long for a socket)
//   DIR/log/postgres.log
//   DIR/stateserver.lock held while a server uses DIR
//
// PostgreSQL refuses to run as root. If the server runs as root, the cluster runs as the owner of
// DIR/data, initially "postgres" or else "nobody"; the server keeps its own rights. Only the
// server's user and the cluster's user can connect.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace stateserver::postgres {

struct EmbeddedOptions {
  std::string dir;
  // Receives one sentence for each event after Start: the cluster died, was restarted, or could not
  // be restarted. Called from another thread.
  std::function<void(const std::string&)> on_event = [](const std::string&) {};
  // Maximum time Start waits for a cluster that is alive but not ready, as during crash recovery.
  absl::Duration start_timeout = absl::Minutes(5);
  // Time Stop waits for a fast shutdown before it requests an immediate one.
  absl::Duration stop_timeout = absl::Seconds(30);
};

// EmbeddedPostgres is a running embedded cluster. Thread-safe.
class EmbeddedPostgres {
 public:
  // Starts the cluster and returns once it accepts connections. Cleans up after a server or a
  // cluster that was killed at any moment. Returns ARGUMENT_INVALID (the folder is in use by
  // another server, not accessible to the cluster's user, of another PostgreSQL version, …),
  // DATABASE_FULL, or DATABASE_UNREACHABLE (no PostgreSQL 13 to 17 is installed, or it does not
  // start; the message includes the last lines it wrote).
  static absl::StatusOr<std::unique_ptr<EmbeddedPostgres>> Start(const EmbeddedOptions& options);

  // Calls Stop.
  ~EmbeddedPostgres();
  EmbeddedPostgres(const EmbeddedPostgres&) = delete;
  EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;

  // Returns the connection string for libpq: role "stateserver" (superuser), database "state".
  const std::string& conninfo() const;
  // Returns false while a cluster that died is being restarted, and after Stop.
  bool running() const;
  // Ends all sessions and the cluster. Returns when no process is left. Idempotent.
  void Stop();

 private:
  struct State;
  explicit EmbeddedPostgres(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Describes how psql and SQLMesh connect to the cluster in `dir`. The cluster need not be running.
// Returns ARGUMENT_INVALID if it was never created.
absl::StatusOr<std::string> DescribeEmbedded(const std::string& dir);

}  // namespace stateserver::postgres
