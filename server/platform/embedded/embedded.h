// SPDX-License-Identifier: Apache-2.0
//
// A private PostgreSQL cluster in a folder: made on first use, reachable only
// over a unix socket, supervised, stopped with the server.
//
//   DIR/data             the cluster, owned by the cluster's user
//   DIR/run              its socket (elsewhere when the path is too long for one)
//   DIR/log/postgres.log
//   DIR/stateserver.lock held while a server uses DIR
//
// PostgreSQL refuses to run as root. Where the server is root, the cluster runs
// as the owner of DIR/data, at first as "postgres" or else "nobody"; the server
// keeps its own rights. Only the server's user and the cluster's user can connect.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace stateserver::postgres {

struct EmbeddedOptions {
  std::string dir;
  // Told, in one sentence, what happens to the cluster after Start: that it died,
  // was restarted, could not be. Called from another thread.
  std::function<void(const std::string&)> on_event = [](const std::string&) {};
  // How long Start waits for a cluster that is alive but not ready, as during
  // crash recovery.
  absl::Duration start_timeout = absl::Minutes(5);
  // How long Stop waits for a fast shutdown before an immediate one.
  absl::Duration stop_timeout = absl::Seconds(30);
};

// Thread-safe.
class EmbeddedPostgres {
 public:
  // Returns once the cluster accepts connections. Clears up after a server or a
  // cluster that was killed, at any moment. Errors: ARGUMENT_INVALID (the folder:
  // in use by another server, not to be entered by the cluster's user, of another
  // PostgreSQL version, …), DATABASE_FULL, DATABASE_UNREACHABLE (no PostgreSQL
  // 13 to 17 found, or it does not start; with the last lines it wrote).
  static absl::StatusOr<std::unique_ptr<EmbeddedPostgres>> Start(const EmbeddedOptions& options);

  // Stops.
  ~EmbeddedPostgres();
  EmbeddedPostgres(const EmbeddedPostgres&) = delete;
  EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;

  // For libpq: role "stateserver" (superuser), database "state".
  const std::string& conninfo() const;
  // False while a cluster that died is being restarted, and after Stop.
  bool running() const;
  // Ends all sessions and the cluster; returns when no process is left.
  // Idempotent.
  void Stop();

 private:
  struct State;
  explicit EmbeddedPostgres(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// How psql and SQLMesh connect to the cluster in `dir`, for people. It need not
// run, but ARGUMENT_INVALID when it was never made.
absl::StatusOr<std::string> DescribeEmbedded(const std::string& dir);

}  // namespace stateserver::postgres
