// SPDX-License-Identifier: Apache-2.0
//
// What ends work on a connection from outside: cancel requests and broken sockets.
#pragma once

#include <memory>
#include <string>

struct pg_cancel;

namespace stateserver::postgres {

// Where a cancel request goes.
struct CancelTarget {
  std::shared_ptr<pg_cancel> cancel;
  // "host:port" that the connection was made to.
  std::string address;
};

// Sends cancel requests without waiting for them. libpq's PQcancel waits until
// PostgreSQL closes the connection that brought the request, which a stopped one
// never does; so each request has a thread of its own, and nobody joins it.
// Thread-safe.
class CancelSender {
 public:
  CancelSender();
  // Requests on their way go on alone.
  ~CancelSender();
  CancelSender(const CancelSender&) = delete;
  CancelSender& operator=(const CancelSender&) = delete;

  // Does nothing while a request for the same connection is on its way, or
  // kMostPerAddress to the same address are: a PostgreSQL that reads none of them
  // costs that many threads and sockets, and no more.
  void Send(const CancelTarget& target);

  // Requests on their way.
  size_t in_flight() const;

  static constexpr int kMostPerAddress = 8;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

// Ends the connection of `socket` without a word to the other side's process: what
// reads or writes it here returns with an error.
void BreakSocket(int socket);

}  // namespace stateserver::postgres
