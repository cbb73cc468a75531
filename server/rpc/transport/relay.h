// SPDX-License-Identifier: Apache-2.0
//
// Relaying of one client's bytes to gRPC and back, with checks on the way.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "server/rpc/transport/connection_table.h"
#include "server/rpc/transport/event_loop.h"
#include "server/rpc/transport/tls_context.h"
#include "server/rpc/transport/traffic.h"

struct bufferevent;
struct evbuffer;

namespace stateserver::transport {

// RelayEnvironment is shared by all relays of a server and outlives them.
struct RelayEnvironment {
  ConnectionTable& table;
  // Takes ownership of a connected socket whose peer speaks HTTP/2.
  std::function<void(int descriptor)> hand_over;
  // Reports an abnormal end, for log and metrics.
  std::function<void(CloseReason reason, const ClientConnection& connection, std::string_view why)>
      report;
  int max_streams_per_connection = 100;
  // Maximum time from accepting a connection to the client's HTTP/2 preface, including TLS.
  absl::Duration handshake_timeout = absl::Seconds(20);
};

// Relay connects a client to gRPC from acceptance until both sockets are closed. gRPC gets its own
// plain text socket as soon as the client has sent the HTTP/2 preface; TLS is terminated here. At
// most about 512 KiB are buffered in each direction. A relay and its bufferevents are used on one
// event loop only.
class Relay {
 public:
  // Takes ownership of `socket`. `tls` is null for plain text. Calls `ended` once, as its last
  // action in a callback of the loop.
  Relay(EventLoop& loop, int socket, SSL* tls, ConnectionPtr connection,
        const RelayEnvironment& environment, std::function<void()> ended);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Closes the connection, with a GOAWAY if possible; counts and reports the reason.
  void Close(CloseReason reason);
  // Enforces the time limits. Must be called about once a second.
  void CheckTime(absl::Time now);

 private:
  struct FreeBuffer {
    void operator()(bufferevent* buffer) const;
  };
  using BufferPtr = std::unique_ptr<bufferevent, FreeBuffer>;
  enum class State { kHandshake, kPreface, kOpen, kFlushing, kEnded };

  void SetCallbacks(bufferevent* buffer, bool client);
  void OnClientBytes();
  void OnClientWritten();
  void OnClientEvent(short what);
  void OnServerBytes();
  void OnServerWritten();
  void OnServerEvent();

  void OnTlsDone();
  bool PrefaceIsThere();
  bool OpenServerSide();
  void ForwardFromClient();
  void Scan(evbuffer* bytes, bool from_client, absl::Time now);
  void Settle(absl::Time now);
  bool PauseFor(absl::Duration wait);
  void Resume();
  void UpdateReading();
  // Sends the data buffered for the client, then ends the relay.
  void Flush(absl::Duration limit);
  void End();
  bool patient() const { return connection_->via == Via::kProxy; }

  EventLoop& loop_;
  const ConnectionPtr connection_;
  const RelayEnvironment& environment_;
  const std::function<void()> ended_;
  State state_ = State::kHandshake;
  absl::Time deadline_;
  SSL* const tls_;  // owned by client_
  BufferPtr client_;
  BufferPtr server_;  // null before the preface
  EventPtr resume_;
  bool paused_ = false;
  bool known_ = false;
  TrafficWatch traffic_;
};

// RelayGroup runs relays on its own event loop. Thread-safe.
class RelayGroup {
 public:
  explicit RelayGroup(const RelayEnvironment& environment);
  // Ends all relays.
  ~RelayGroup();
  RelayGroup(const RelayGroup&) = delete;
  RelayGroup& operator=(const RelayGroup&) = delete;

  // Takes ownership of `socket`; `context` is null for plain text.
  void Add(int socket, TlsContextPtr context, ConnectionPtr connection);
  // Ends the connection with this id soon, if it still exists.
  void Close(uint64_t id, CloseReason reason);

  EventLoop& loop() { return loop_; }

 private:
  void Start(int socket, const TlsContextPtr& context, const ConnectionPtr& connection);
  void Retire(uint64_t id);
  void CheckTime();

  const RelayEnvironment& environment_;
  EventLoop loop_;
  // Used only by the loop's thread.
  std::map<uint64_t, std::unique_ptr<Relay>> relays_;
  std::vector<std::unique_ptr<Relay>> retired_;
  EventPtr clock_;
};

}  // namespace stateserver::transport
