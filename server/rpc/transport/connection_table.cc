// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/connection_table.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>

#include "common/network_address.h"
#include "common/uuid.h"

namespace stateserver::transport {

namespace {

// A client's socket, and the socket pair that connects to gRPC.
constexpr int kDescriptorsOfConnection = 3;
// Descriptors for databases, files and workers; at most half of a small limit.
constexpr int kReservedDescriptors = 256;
constexpr rlim_t kMostOpenFiles = 1 << 20;

// Streams that one address, and all addresses together, may cancel. gRPC processes some thousands a
// second on one core, and each takes about ten kilobytes until then.
constexpr double kAddressBurst = 1000;
constexpr double kAddressPerSecond = 500;
constexpr double kTotalBurst = 4000;
constexpr double kTotalPerSecond = 2000;
// Maximum number of remembered addresses without a connection, and how long they are remembered.
constexpr size_t kMostAddresses = 10'000;
constexpr absl::Duration kAddressRemembered = absl::Seconds(10);

constexpr std::string_view kAbstractScheme = "unix-abstract:";

int OpenFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min(limit.rlim_cur, kMostOpenFiles));
}

}  // namespace

void RaiseOpenFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kMostOpenFiles) return;
  limit.rlim_cur = std::min(limit.rlim_max, kMostOpenFiles);
  setrlimit(RLIMIT_NOFILE, &limit);
}

ConnectionTable::ConnectionTable(ConnectionLimits limits)
    : limits_(limits),
      prefix_("stateserver-" + NewHexId() + "-"),
      cancelled_(kTotalBurst, kTotalPerSecond) {}

int ConnectionTable::capacity() const {
  int files = OpenFileLimit();
  int room = (files - std::min(kReservedDescriptors, files / 2)) / kDescriptorsOfConnection;
  return std::clamp(room, 1, limits_.max_connections);
}

int ConnectionTable::size() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(connections_.size());
}

ConnectionTable::Address& ConnectionTable::AddressOf(const std::string& peer, absl::Time now) {
  auto [found, added] = addresses_.try_emplace(
      AddressGroup(peer), Address{0, {}, TokenBucket(kAddressBurst, kAddressPerSecond), now});
  found->second.used = now;
  return found->second;
}

ConnectionTable::Admission ConnectionTable::Admit(Via via, const std::string& peer,
                                                  absl::Time now) {
  std::lock_guard lock(mutex_);
  ForgetIdleAddresses(now);
  Admission admission;
  Address& address = AddressOf(peer, now);
  if (via == Via::kNetwork && address.connections >= limits_.max_per_address) {
    admission.refused = CloseReason::kTooManyConnectionsOfAddress;
    if (address.unknown.empty()) return admission;
    admission.victims.emplace_back(Evict(*address.unknown.begin()), admission.refused);
  }
  if (static_cast<int>(connections_.size()) >= capacity()) {
    admission.refused = CloseReason::kTooManyConnections;
    if (unknown_.empty()) return admission;
    admission.victims.emplace_back(Evict(*unknown_.begin()), admission.refused);
  }
  admission.connection = std::make_shared<ClientConnection>(++last_id_, via, peer);
  connections_.emplace(last_id_, admission.connection);
  unknown_.insert(last_id_);
  address.unknown.insert(last_id_);
  ++address.connections;
  return admission;
}

ConnectionPtr ConnectionTable::Evict(uint64_t id) {
  ConnectionPtr victim = connections_.at(id);
  RemoveLocked(*victim);
  return victim;
}

ConnectionPtr ConnectionTable::TakeOldestUnknown() {
  std::lock_guard lock(mutex_);
  return unknown_.empty() ? nullptr : Evict(*unknown_.begin());
}

void ConnectionTable::Remove(const ConnectionPtr& connection) {
  std::lock_guard lock(mutex_);
  RemoveLocked(*connection);
}

void ConnectionTable::RemoveLocked(const ClientConnection& connection) {
  if (connections_.erase(connection.id) == 0) return;
  ForgetUnknown(connection);
  if (auto address = addresses_.find(AddressGroup(connection.peer)); address != addresses_.end()) {
    --address->second.connections;
  }
  auto principal = principals_.find(connection.id);
  if (principal == principals_.end()) return;
  auto count = known_of_principal_.find(principal->second);
  if (--count->second == 0) known_of_principal_.erase(count);
  principals_.erase(principal);
}

void ConnectionTable::ForgetUnknown(const ClientConnection& connection) {
  unknown_.erase(connection.id);
  auto address = addresses_.find(AddressGroup(connection.peer));
  if (address != addresses_.end()) address->second.unknown.erase(connection.id);
}

void ConnectionTable::ForgetIdleAddresses(absl::Time now) {
  if (addresses_.size() <= kMostAddresses) return;
  std::erase_if(addresses_, [now](const auto& entry) {
    return entry.second.connections == 0 && now - entry.second.used > kAddressRemembered;
  });
  // There are too many: their debts are forgotten, and the total limit still applies.
  if (addresses_.size() <= 2 * kMostAddresses) return;
  std::erase_if(addresses_, [](const auto& entry) { return entry.second.connections == 0; });
}

std::string ConnectionTable::SocketName(const ClientConnection& connection) const {
  return prefix_ + std::to_string(connection.id);
}

ConnectionPtr ConnectionTable::Find(std::string_view grpc_peer) const {
  if (grpc_peer.substr(0, kAbstractScheme.size()) != kAbstractScheme) return nullptr;
  grpc_peer.remove_prefix(kAbstractScheme.size());
  if (grpc_peer.substr(0, prefix_.size()) != prefix_) return nullptr;
  grpc_peer.remove_prefix(prefix_.size());
  uint64_t id = 0;
  auto [end, error] = std::from_chars(grpc_peer.data(), grpc_peer.data() + grpc_peer.size(), id);
  if (error != std::errc() || end != grpc_peer.data() + grpc_peer.size()) return nullptr;
  std::lock_guard lock(mutex_);
  auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second;
}

void ConnectionTable::SetKnown(const ConnectionPtr& connection, const std::string& principal) {
  if (connection->known) return;
  std::lock_guard lock(mutex_);
  if (connections_.count(connection->id) == 0 || principals_.count(connection->id) > 0) return;
  int& count = known_of_principal_[principal];
  if (count >= limits_.max_known_per_principal) return;
  ++count;
  principals_[connection->id] = principal;
  ForgetUnknown(*connection);
  connection->known = true;
}

absl::Duration ConnectionTable::Charge(const ClientConnection& connection, int streams,
                                       absl::Time now) {
  std::lock_guard lock(mutex_);
  cancelled_.Spend(streams, now);
  absl::Duration wait = cancelled_.Wait(now);
  // Unix sockets have no address that distinguishes callers.
  if (connection.via != Via::kNetwork) return wait;
  TokenBucket& address = AddressOf(connection.peer, now).cancelled;
  address.Spend(streams, now);
  return std::max(wait, address.Wait(now));
}

std::string_view CloseReasonName(CloseReason reason) {
  switch (reason) {
    case CloseReason::kHandshakeTimeout:
      return "handshake_timeout";
    case CloseReason::kHandshakeFailed:
      return "handshake_failed";
    case CloseReason::kNotHttp2:
      return "not_http2";
    case CloseReason::kTooManyCancelledStreams:
      return "too_many_cancelled_streams";
    case CloseReason::kTooManyControlFrames:
      return "too_many_control_frames";
    case CloseReason::kTooManyStreams:
      return "too_many_streams";
    case CloseReason::kHeadersTooLarge:
      return "headers_too_large";
    case CloseReason::kUnansweredStream:
      return "unanswered_stream";
    case CloseReason::kTooManyConnections:
      return "too_many_connections";
    case CloseReason::kTooManyConnectionsOfAddress:
      return "too_many_connections_of_address";
    case CloseReason::kNoDescriptors:
      return "no_descriptors";
  }
  return "unknown";
}

}  // namespace stateserver::transport
