// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/front.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/time.h"

namespace stateserver::transport {
namespace {

// More groups would take cores away from calls; one can saturate a 10 Gbit/s network.
constexpr size_t kMostGroups = 4;
// Maximum connections accepted before other events are handled.
constexpr int kAcceptedAtOnce = 64;
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(5);

size_t Groups() {
  return std::clamp<size_t>(std::thread::hardware_concurrency() / 2, 1, kMostGroups);
}

FileDescriptor Spare() { return FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

struct Front::Acceptor {
  Front& front;
  int listener;
  Via via;
  bool tls;
  EventPtr event;
};

Front::Front(FrontOptions options, ConnectionTable& table, telemetry::Metrics& metrics,
             telemetry::LimitedLog& log)
    : options_(std::move(options)),
      table_(table),
      metrics_(metrics),
      log_(log),
      environment_{table, nullptr,
                   [this](CloseReason reason, const ClientConnection& connection,
                          std::string_view why) { Report(reason, &connection, why); },
                   options_.max_streams_per_connection, options_.handshake_timeout},
      spare_(Spare()) {
  for (int reason = 0; reason < kCloseReasons; ++reason) {
    metrics_.ExpectClosed(CloseReasonName(static_cast<CloseReason>(reason)));
  }
}

absl::StatusOr<std::unique_ptr<Front>> Front::Open(FrontOptions options, ConnectionTable& table,
                                                   telemetry::Metrics& metrics,
                                                   telemetry::LimitedLog& log) {
  auto front = std::unique_ptr<Front>(new Front(std::move(options), table, metrics, log));
  for (const std::string* address :
       {&front->options_.listen, &front->options_.local_listen, &front->options_.proxy_listen}) {
    if (address->empty()) {
      front->sockets_.emplace_back();
      continue;
    }
    ASSIGN_OR_RETURN(ListeningSockets sockets, Listen(*address));
    front->sockets_.push_back(std::move(sockets));
  }
  return front;
}

Front::~Front() {
  StopAccepting();
  Stop(absl::ZeroDuration());
}

void Front::Start(std::function<void(int descriptor)> hand_over) {
  environment_.hand_over = std::move(hand_over);
  while (groups_.size() < Groups()) groups_.push_back(std::make_unique<RelayGroup>(environment_));
  groups_[0]->loop().RunAndWait([this] {
    const std::array<Via, 3> vias = {sockets_[0].unix_path.empty() ? Via::kNetwork : Via::kLocal,
                                     Via::kLocal, Via::kProxy};
    for (size_t i = 0; i < sockets_.size(); ++i) {
      for (const FileDescriptor& socket : sockets_[i].sockets) {
        acceptors_.push_back(
            std::make_unique<Acceptor>(Acceptor{*this, socket.get(), vias[i], i == 0, nullptr}));
        Acceptor* acceptor = acceptors_.back().get();
        acceptor->event.reset(event_new(
            groups_[0]->loop().base(), socket.get(), EV_READ | EV_PERSIST,
            [](evutil_socket_t, short, void* self) {
              auto* ready = static_cast<Acceptor*>(self);
              ready->front.Accept(*ready);
            },
            acceptor));
        event_add(acceptor->event.get(), nullptr);
      }
    }
  });
}

void Front::Accept(const Acceptor& acceptor) {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    int socket = accept4(acceptor.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      Admit(socket, acceptor);
    } else if (errno == EMFILE || errno == ENFILE) {
      return ShedDescriptor(acceptor.listener);
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return;  // EAGAIN: no more connections
    }
  }
}

// Without a descriptor the listener would stay ready forever. One connection is therefore accepted
// with the spare descriptor and closed, and an older connection is closed to make space.
void Front::ShedDescriptor(int listener) {
  if (ConnectionPtr victim = table_.TakeOldestUnknown(); victim != nullptr) {
    groups_[victim->group]->Close(victim->id, CloseReason::kNoDescriptors);
  }
  Report(CloseReason::kNoDescriptors, nullptr);
  spare_.Close();
  FileDescriptor refused(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  refused.Close();
  spare_ = Spare();
}

void Front::Admit(int socket, const Acceptor& acceptor) {
  if (acceptor.via == Via::kNetwork) SetNetworkTimeouts(socket);
  ConnectionTable::Admission admission = table_.Admit(acceptor.via, PeerOf(socket), SteadyNow());
  for (const auto& [victim, reason] : admission.victims) {
    groups_[victim->group]->Close(victim->id, reason);
  }
  if (admission.connection == nullptr) {
    close(socket);
    return Report(admission.refused, nullptr);
  }
  admission.connection->group = next_group_;
  RelayGroup& group = *groups_[next_group_];
  next_group_ = (next_group_ + 1) % groups_.size();
  bool tls = acceptor.tls && options_.tls != nullptr;
  group.Add(socket, tls ? options_.tls() : nullptr, admission.connection);
}

void Front::Report(CloseReason reason, const ClientConnection* connection, std::string_view why) {
  metrics_.ConnectionClosed(CloseReasonName(reason));
  telemetry::Fields fields = {{"reason", CloseReasonName(reason)}};
  if (connection != nullptr) fields.push_back({"peer", connection->peer});
  if (!why.empty()) fields.push_back({"certificate", why});
  log_.Log(CloseReasonName(reason), telemetry::LogLevel::kWarning, "closed a connection", fields);
}

void Front::StopAccepting() {
  if (groups_.empty()) return;
  groups_[0]->loop().RunAndWait([this] { acceptors_.clear(); });
  for (ListeningSockets& one : sockets_) {
    one.sockets.clear();
    if (!one.unix_path.empty()) unlink(one.unix_path.c_str());
  }
}

void Front::Stop(absl::Duration limit) {
  absl::Time end = SteadyNow() + limit;
  while (table_.size() > 0 && SteadyNow() < end) absl::SleepFor(kBetweenLooks);
  groups_.clear();
}

}  // namespace stateserver::transport
