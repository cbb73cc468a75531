// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/relay_group.h"

#include <event2/event.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <utility>

#include "common/steady_time.h"

namespace stateserver::transport {

RelayGroup::RelayGroup(const RelayEnvironment& environment) : environment_(environment) {
  loop_.Run([this] {
    clock_.reset(event_new(
        loop_.base(), -1, EV_PERSIST,
        [](evutil_socket_t, short, void* self) { static_cast<RelayGroup*>(self)->CheckTime(); },
        this));
    timeval second{1, 0};
    event_add(clock_.get(), &second);
  });
}

RelayGroup::~RelayGroup() {
  loop_.Run([this] {
    clock_.reset();
    relays_.clear();
    retired_.clear();
  });
}

void RelayGroup::Close(uint64_t id, CloseReason reason) {
  loop_.Post([this, id, reason] {
    if (auto found = relays_.find(id); found != relays_.end()) found->second->Close(reason);
  });
}

void RelayGroup::Add(int socket, TlsContextPtr context, ConnectionPtr connection) {
  loop_.Post([this, socket, context = std::move(context), connection = std::move(connection)] {
    Start(socket, context, connection);
  });
}

void RelayGroup::Start(int socket, const TlsContextPtr& context, const ConnectionPtr& connection) {
  SSL* tls = context == nullptr ? nullptr : SSL_new(context.get());
  if (context != nullptr && tls == nullptr) {
    close(socket);
    environment_.table.Remove(connection);
    return;
  }
  relays_.emplace(connection->id,
                  std::make_unique<Relay>(loop_, socket, tls, connection, environment_,
                                          [this, id = connection->id] { Retire(id); }));
}

// Deleted later: it is the relay that calls.
void RelayGroup::Retire(uint64_t id) {
  auto found = relays_.find(id);
  if (found == relays_.end()) return;
  retired_.push_back(std::move(found->second));
  relays_.erase(found);
  if (retired_.size() == 1) loop_.Post([this] { retired_.clear(); });
}

void RelayGroup::CheckTime() {
  absl::Time now = SteadyNow();
  for (auto next = relays_.begin(); next != relays_.end();) {
    auto relay = next++;  // it may retire
    relay->second->CheckTime(now);
  }
}

}  // namespace stateserver::transport
