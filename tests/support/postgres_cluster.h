// SPDX-License-Identifier: Apache-2.0
//
// A private PostgreSQL for a test program: initdb in a fresh folder, a Unix
// socket and a loopback port, stopped and removed at the end. Started by root
// it runs as user postgres, as PostgreSQL refuses root.
#pragma once

#include <sys/types.h>

#include <string>

namespace stateserver::testing {

class PostgresCluster {
 public:
  // Throws std::runtime_error when PostgreSQL is missing or does not start.
  PostgresCluster();
  ~PostgresCluster();
  PostgresCluster(const PostgresCluster&) = delete;
  PostgresCluster& operator=(const PostgresCluster&) = delete;

  // The one of this program, started on first use.
  static PostgresCluster& Shared();

  // libpq connection string over the Unix socket, as superuser `postgres`.
  std::string Conninfo(const std::string& database = "postgres") const;
  // The same over TCP, with the password.
  std::string TcpConninfo(const std::string& database = "postgres") const;
  // A new empty database with a name of its own.
  std::string CreateDatabase();

  const std::string& directory() const { return directory_; }
  const std::string& password() const { return password_; }
  int port() const { return port_; }
  // kill -9 of the postmaster and its children, as a power cut does it.
  void Crash();
  void Start();
  void Stop();

 private:
  void Initdb();

  std::string directory_;
  std::string password_;
  int port_ = 0;
  int databases_ = 0;
  pid_t postmaster_ = -1;
};

}  // namespace stateserver::testing
