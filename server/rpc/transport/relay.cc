// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/transport/relay.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "common/time.h"
#include "server/rpc/transport/certificate_names.h"
#include "server/rpc/transport/revocation.h"

namespace stateserver::transport {

namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// Bytes read at once, and bytes waiting to be written above which reading stops.
constexpr size_t kReadAtOnce = 64 << 10;
constexpr size_t kMostWaiting = 256 << 10;
constexpr size_t kFewWaiting = 64 << 10;
constexpr absl::Duration kLastAnswers = absl::Seconds(5);
constexpr absl::Duration kLastWords = absl::Seconds(1);
// Limit for a stream on an unauthenticated connection.
constexpr absl::Duration kUnansweredLimit = absl::Seconds(30);
constexpr uint32_t kEnhanceYourCalm = 0xb;

size_t Waiting(bufferevent* buffer) { return evbuffer_get_length(bufferevent_get_output(buffer)); }

void AppendBigEndian32(uint32_t number, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(number >> shift));
}

std::string GoAway(uint32_t last_stream, std::string_view why) {
  std::string payload;
  AppendBigEndian32(last_stream, &payload);
  AppendBigEndian32(kEnhanceYourCalm, &payload);
  payload += why;
  std::string frame;
  // Length and type are 24 and 8 bits of one number.
  AppendBigEndian32(
      static_cast<uint32_t>(payload.size()) << 8 | static_cast<uint32_t>(FrameType::kGoAway),
      &frame);
  frame.push_back('\0');
  AppendBigEndian32(0, &frame);
  return frame + payload;
}

// Creates two connected sockets; the address of the first is `name` in the abstract namespace.
bool MakeNamedPair(const std::string& name, std::array<int, 2>* pair) {
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair->data()) != 0) {
    return false;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(),
              std::min(name.size(), sizeof address.sun_path - 1));
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind((*pair)[0], reinterpret_cast<sockaddr*>(&address), length) == 0) return true;
  close((*pair)[0]);
  close((*pair)[1]);
  return false;
}

}  // namespace

void Relay::FreeBuffer::operator()(bufferevent* buffer) const { bufferevent_free(buffer); }

Relay::Relay(EventLoop& loop, int socket, SSL* tls, ConnectionPtr connection,
             const RelayEnvironment& environment, std::function<void()> ended)
    : loop_(loop),
      connection_(std::move(connection)),
      environment_(environment),
      ended_(std::move(ended)),
      state_(tls == nullptr ? State::kPreface : State::kHandshake),
      deadline_(SteadyNow() + environment.handshake_timeout),
      tls_(tls),
      client_(tls == nullptr ? bufferevent_socket_new(loop.base(), socket, BEV_OPT_CLOSE_ON_FREE)
                             : bufferevent_openssl_socket_new(loop.base(), socket, tls,
                                                              BUFFEREVENT_SSL_ACCEPTING,
                                                              BEV_OPT_CLOSE_ON_FREE)),
      resume_(event_new(
          loop.base(), -1, 0,
          [](evutil_socket_t, short, void* self) { static_cast<Relay*>(self)->Resume(); }, this)),
      traffic_(environment.max_streams_per_connection) {
  if (patient()) traffic_.set_patient();
  SetCallbacks(client_.get(), /*client=*/true);
}

Relay::~Relay() = default;

void Relay::SetCallbacks(bufferevent* buffer, bool client) {
  bufferevent_data_cb read =
      client ? [](bufferevent*, void* self) { static_cast<Relay*>(self)->OnClientBytes(); }
             : [](bufferevent*, void* self) { static_cast<Relay*>(self)->OnServerBytes(); };
  bufferevent_data_cb written =
      client ? [](bufferevent*, void* self) { static_cast<Relay*>(self)->OnClientWritten(); }
             : [](bufferevent*, void* self) { static_cast<Relay*>(self)->OnServerWritten(); };
  bufferevent_event_cb event =
      client ? [](bufferevent*, short what,
                  void* self) { static_cast<Relay*>(self)->OnClientEvent(what); }
             : [](bufferevent*, short, void* self) { static_cast<Relay*>(self)->OnServerEvent(); };
  bufferevent_setcb(buffer, read, written, event, this);
  bufferevent_set_max_single_read(buffer, kReadAtOnce);
  bufferevent_set_max_single_write(buffer, kMostWaiting);
  bufferevent_setwatermark(buffer, EV_WRITE, kFewWaiting, 0);
  bufferevent_enable(buffer, EV_READ | EV_WRITE);
}

void Relay::OnClientEvent(short what) {
  if (state_ == State::kEnded) return;
  if ((what & BEV_EVENT_CONNECTED) != 0) return OnTlsDone();
  if (state_ == State::kHandshake) {
    environment_.report(CloseReason::kHandshakeFailed, *connection_, WhyRefused(tls_));
  }
  End();
}

void Relay::OnTlsDone() {
  if (!NegotiatedHttp2(tls_)) return Close(CloseReason::kNotHttp2);
  bufferevent_openssl_set_allow_dirty_shutdown(client_.get(), 1);
  connection_->certificate_names = VerifiedNames(tls_);
  state_ = State::kPreface;
  // The first bytes may have arrived with the end of the handshake.
  OnClientBytes();
}

void Relay::OnClientBytes() {
  if (state_ == State::kPreface && PrefaceIsThere() && OpenServerSide()) state_ = State::kOpen;
  if (state_ == State::kOpen) ForwardFromClient();
}

bool Relay::PrefaceIsThere() {
  std::array<char, kPreface.size()> first{};
  auto length = evbuffer_copyout(bufferevent_get_input(client_.get()), first.data(), first.size());
  std::string_view bytes(first.data(), static_cast<size_t>(std::max<ev_ssize_t>(length, 0)));
  if (bytes != kPreface.substr(0, bytes.size())) {
    Close(CloseReason::kNotHttp2);
    return false;
  }
  return bytes.size() == kPreface.size();
}

bool Relay::OpenServerSide() {
  std::array<int, 2> pair{};
  if (!MakeNamedPair(environment_.table.SocketName(*connection_), &pair)) {
    Close(CloseReason::kNoDescriptors);
    return false;
  }
  server_.reset(bufferevent_socket_new(loop_.base(), pair[0], BEV_OPT_CLOSE_ON_FREE));
  SetCallbacks(server_.get(), /*client=*/false);
  environment_.hand_over(pair[1]);
  // The preface is not a frame.
  std::array<char, kPreface.size()> preface{};
  bufferevent_read(client_.get(), preface.data(), preface.size());
  bufferevent_write(server_.get(), preface.data(), preface.size());
  return true;
}

void Relay::ForwardFromClient() {
  absl::Time now = SteadyNow();
  evbuffer* bytes = bufferevent_get_input(client_.get());
  known_ = connection_->known;
  if (known_) traffic_.SetKnown();
  // Authenticated clients pay for their own cancellations; others also wait for the debts of their
  // address.
  if (paused_ || (!known_ && PauseFor(environment_.table.Charge(*connection_, 0, now)))) return;
  Scan(bytes, /*from_client=*/true, now);
  // Bytes that exceed a limit never reach gRPC.
  if (traffic_.violation().has_value()) return Close(*traffic_.violation());
  bufferevent_write_buffer(server_.get(), bytes);
  Settle(now);
}

void Relay::OnClientWritten() {
  if (state_ == State::kFlushing && Waiting(client_.get()) == 0) return End();
  if (state_ == State::kOpen) UpdateReading();
}

void Relay::OnServerBytes() {
  if (state_ != State::kOpen) return;
  evbuffer* bytes = bufferevent_get_input(server_.get());
  absl::Time now = SteadyNow();
  Scan(bytes, /*from_client=*/false, now);
  if (traffic_.violation().has_value()) return Close(*traffic_.violation());
  bufferevent_write_buffer(client_.get(), bytes);
  Settle(now);
}

void Relay::OnServerWritten() {
  if (state_ == State::kOpen) UpdateReading();
}

void Relay::OnServerEvent() {
  if (state_ != State::kOpen) return;
  // gRPC has closed the connection; its last bytes may still be unread.
  bufferevent_write_buffer(client_.get(), bufferevent_get_input(server_.get()));
  Flush(kLastAnswers);
}

void Relay::Scan(evbuffer* bytes, bool from_client, absl::Time now) {
  int count = evbuffer_peek(bytes, -1, nullptr, nullptr, 0);
  std::vector<evbuffer_iovec> pieces(static_cast<size_t>(std::max(count, 0)));
  evbuffer_peek(bytes, -1, nullptr, pieces.data(), count);
  for (const evbuffer_iovec& piece : pieces) {
    std::string_view text(static_cast<const char*>(piece.iov_base), piece.iov_len);
    from_client ? traffic_.FromClient(text, now) : traffic_.FromServer(text, now);
  }
}

void Relay::Settle(absl::Time now) {
  absl::Duration wait = absl::ZeroDuration();
  if (int charge = traffic_.TakeCharge(); charge != 0) {
    wait = environment_.table.Charge(*connection_, charge, now);
  }
  if (patient()) wait = std::max(wait, traffic_.Wait(now));
  PauseFor(wait);
  UpdateReading();
}

// Returns true if there is something to wait for.
bool Relay::PauseFor(absl::Duration wait) {
  if (wait <= absl::ZeroDuration()) return false;
  paused_ = true;
  timeval time = absl::ToTimeval(wait + absl::Milliseconds(1));
  event_add(resume_.get(), &time);
  UpdateReading();
  return true;
}

void Relay::Resume() {
  paused_ = false;
  UpdateReading();
  OnClientBytes();  // what was read before the pause
}

void Relay::UpdateReading() {
  if (state_ != State::kOpen) return;
  auto update = [](bufferevent* from, bufferevent* to, bool allowed) {
    bool reading = (bufferevent_get_enabled(from) & EV_READ) != 0;
    bool room = Waiting(to) <= (reading ? kMostWaiting : kFewWaiting);
    if (allowed && room && !reading) bufferevent_enable(from, EV_READ);
    if (!(allowed && room) && reading) bufferevent_disable(from, EV_READ);
  };
  update(client_.get(), server_.get(), !paused_);
  update(server_.get(), client_.get(), true);
}

void Relay::CheckTime(absl::Time now) {
  if (now > deadline_ && state_ != State::kOpen) {
    return state_ == State::kFlushing ? End() : Close(CloseReason::kHandshakeTimeout);
  }
  if (state_ == State::kOpen && !connection_->known &&
      now - traffic_.OldestUnanswered() > kUnansweredLimit) {
    Close(CloseReason::kUnansweredStream);
  }
}

void Relay::Close(CloseReason reason) {
  if (state_ == State::kEnded || state_ == State::kFlushing) return;
  environment_.report(reason, *connection_, "");
  if (state_ != State::kOpen || !traffic_.server_at_boundary()) return End();
  std::string last = GoAway(traffic_.last_stream(), CloseReasonName(reason));
  bufferevent_write(client_.get(), last.data(), last.size());
  Flush(kLastWords);
}

void Relay::Flush(absl::Duration limit) {
  environment_.table.Charge(*connection_, traffic_.TakeLastCharge(), SteadyNow());
  server_.reset();
  event_del(resume_.get());
  bufferevent_disable(client_.get(), EV_READ);
  if (Waiting(client_.get()) == 0) return End();
  state_ = State::kFlushing;
  deadline_ = SteadyNow() + limit;
  bufferevent_setwatermark(client_.get(), EV_WRITE, 0, 0);
}

void Relay::End() {
  if (state_ == State::kEnded) return;
  if (state_ == State::kOpen) {
    environment_.table.Charge(*connection_, traffic_.TakeLastCharge(), SteadyNow());
  }
  state_ = State::kEnded;
  if (tls_ != nullptr && SSL_is_init_finished(tls_) != 0) {
    SSL_shutdown(tls_);  // notifies the client if that does not block
    ERR_clear_error();
  }
  server_.reset();
  client_.reset();
  event_del(resume_.get());
  environment_.table.Remove(connection_);
  ended_();
}

RelayGroup::RelayGroup(const RelayEnvironment& environment) : environment_(environment) {
  loop_.RunAndWait([this] {
    clock_.reset(event_new(
        loop_.base(), -1, EV_PERSIST,
        [](evutil_socket_t, short, void* self) { static_cast<RelayGroup*>(self)->CheckTime(); },
        this));
    timeval second{1, 0};
    event_add(clock_.get(), &second);
  });
}

RelayGroup::~RelayGroup() {
  loop_.RunAndWait([this] {
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

// Deleted later, because the relay itself is the caller.
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
    auto relay = next++;  // the relay may be retired
    relay->second->CheckTime(now);
  }
}

}  // namespace stateserver::transport
