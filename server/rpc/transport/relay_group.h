// SPDX-License-Identifier: Apache-2.0
//
// The relays of one event loop.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "server/rpc/transport/event_loop.h"
#include "server/rpc/transport/relay.h"

namespace stateserver::transport {

// Thread-safe.
class RelayGroup {
 public:
  explicit RelayGroup(const RelayEnvironment& environment);
  // Ends all relays.
  ~RelayGroup();
  RelayGroup(const RelayGroup&) = delete;
  RelayGroup& operator=(const RelayGroup&) = delete;

  // Takes over `socket`; `context` is null for plain text.
  void Add(int socket, TlsContextPtr context, ConnectionPtr connection);
  // Ends the connection with this id soon, if it is still there.
  void Close(uint64_t id, CloseReason reason);

  EventLoop& loop() { return loop_; }

 private:
  void Start(int socket, const TlsContextPtr& context, const ConnectionPtr& connection);
  void Retire(uint64_t id);
  void CheckTime();

  const RelayEnvironment& environment_;
  EventLoop loop_;
  // Used by the loop's thread alone.
  std::map<uint64_t, std::unique_ptr<Relay>> relays_;
  std::vector<std::unique_ptr<Relay>> retired_;
  EventPtr clock_;
};

}  // namespace stateserver::transport
