// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/error.h"
#include "common/time.h"
#include "server/platform/postgres/connection.h"
#include "server/platform/postgres/password_command.h"
#include "server/platform/postgres/pooled_session.h"
#include "server/platform/postgres/set_up.h"
#include "server/platform/postgres/watcher.h"

namespace stateserver::postgres {
namespace {

// A connection idle for longer is checked with a query; before that, only its socket is checked.
constexpr absl::Duration kAskAfterIdle = absl::Seconds(30);
constexpr absl::Duration kWaitSlice = absl::Milliseconds(25);
// Pauses between attempts to connect.
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(2);

// Returns true for errors that pass by themselves while a server starts or a standby is promoted.
bool MayComeUp(const absl::Status& status) {
  if (ReasonOf(status) != Reason::DATABASE_UNREACHABLE) return false;
  Facts facts = FactsOf(status);
  if (facts["sqlstate"] == "57P03") return true;
  // A rejection by a single host is reported immediately.
  return facts["host"].find(',') != std::string::npos && facts["sqlstate"].empty();
}

// Returns true if PostgreSQL refused the user or the password (SQLSTATE class 28).
bool IsRefused(const absl::Status& status) {
  return !status.ok() && FactsOf(status)["sqlstate"].starts_with("28");
}

}  // namespace

struct Pool::State : std::enable_shared_from_this<State> {
  explicit State(PoolOptions pool_options) : options(std::move(pool_options)) {}

  // Waiter is a caller that waits for a connection. It lives on the waiter's stack.
  struct Waiter {
    std::condition_variable served;
    bool has_slot = false;
  };

  const PoolOptions options;
  Watcher watcher;
  mutable std::mutex mutex;
  // The most recently used connection is at the end and is lent first.
  std::vector<std::unique_ptr<Connection>> idle;
  std::deque<Waiter*> waiters;  // oldest first
  int in_use = 0;               // slots in use, including those of served waiters
  bool closed = false;
  PoolStats counters;  // only the totals since the pool was created

  // Waits for a slot. Returns an idle connection, or null for permission to open one.
  absl::StatusOr<std::unique_ptr<Connection>> Take(const CallContext& context, absl::Time limit);
  absl::Status Wait(std::unique_lock<std::mutex>& lock, const CallContext& context,
                    absl::Time limit);
  absl::StatusOr<std::unique_ptr<Session>> Open(const CallContext& context, absl::Time limit);
  absl::StatusOr<std::unique_ptr<Connection>> ConnectPatiently(const CallContext& context,
                                                               absl::Time limit);
  absl::StatusOr<std::unique_ptr<Connection>> ConnectOnce(const CallContext& context);
  std::unique_ptr<Session> Lend(std::unique_ptr<Connection> connection, const CallContext& context);
  void Return(std::unique_ptr<Connection> connection);
  bool Keep(const Connection* connection) const;
  absl::Status AllInUse() const;
};

absl::Status Pool::State::AllInUse() const {
  return Error(Reason::OVERLOADED,
               absl::StrCat("All ", options.max_connections,
                            " connections to the state database are in use and none became free "
                            "within ",
                            absl::FormatDuration(options.acquire_timeout)),
               "Try again later, or raise limits.max_database_connections.");
}

absl::Status Pool::State::Wait(std::unique_lock<std::mutex>& lock, const CallContext& context,
                               absl::Time limit) {
  Waiter self;
  waiters.push_back(&self);
  ++counters.waits;
  absl::Time began = SteadyNow();
  absl::Status status;
  while (!self.has_slot && status.ok()) {
    self.served.wait_for(lock, absl::ToChronoMilliseconds(kWaitSlice));
    if (self.has_slot) break;
    status = context.Check();
    if (status.ok() && SteadyNow() > limit) status = AllInUse();
  }
  counters.waited += SteadyNow() - began;
  if (!self.has_slot) std::erase(waiters, &self);
  return status;
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::State::Take(const CallContext& context,
                                                              absl::Time limit) {
  RETURN_IF_ERROR(context.Check());
  std::unique_lock lock(mutex);
  // New callers queue behind those that already wait.
  if (in_use < options.max_connections && waiters.empty()) {
    ++in_use;
  } else {
    RETURN_IF_ERROR(Wait(lock, context, limit));
  }
  if (idle.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(idle.back());
  idle.pop_back();
  return connection;
}

std::unique_ptr<Session> Pool::State::Lend(std::unique_ptr<Connection> connection,
                                           const CallContext& context) {
  return std::make_unique<PooledSession>(
      std::move(connection), watcher, context,
      [self = shared_from_this()](std::unique_ptr<Connection> back) {
        self->Return(std::move(back));
      });
}

bool Pool::State::Keep(const Connection* connection) const {
  if (connection == nullptr || !connection->alive() || connection->unfit) return false;
  // Depends on the process id, so that connections opened together do not close together.
  double part = 0.9 + (connection->pid() % 100) / 1000.0;
  return SteadyNow() - connection->opened < options.max_age * part;
}

void Pool::State::Return(std::unique_ptr<Connection> connection) {
  if (!Keep(connection.get())) connection.reset();
  std::lock_guard lock(mutex);
  if (connection != nullptr && !closed) {
    connection->idle_since = SteadyNow();
    idle.push_back(std::move(connection));
  }
  if (waiters.empty()) {
    --in_use;
    return;
  }
  // Passes the slot to the caller that has waited longest.
  Waiter* next = waiters.front();
  waiters.pop_front();
  next->has_slot = true;
  next->served.notify_one();
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::State::ConnectOnce(const CallContext& context) {
  auto connect = [&](const std::string& password) {
    return Connect(options.conninfo, password, options.lost_connection_timeout, context);
  };
  if (options.password == nullptr) return connect("");
  ASSIGN_OR_RETURN(PasswordCommand::Password password, options.password->Get(context));
  auto connection = connect(password.text);
  if (!IsRefused(connection.status())) return connection;
  options.password->Discard(password.run);
  if (!password.cached) return connection;
  // The password may have been changed since, or have expired early.
  ASSIGN_OR_RETURN(password, options.password->Get(context));
  return connect(password.text);
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::State::ConnectPatiently(
    const CallContext& context, absl::Time limit) {
  absl::BitGen random;
  absl::Duration pause = kFirstPause;
  while (true) {
    auto connection = ConnectOnce(context);
    if (connection.ok() || !MayComeUp(connection.status())) return connection;
    absl::Duration jittered = pause * absl::Uniform(random, 0.5, 1.0);
    if (SteadyNow() + jittered >= std::min(limit, context.deadline)) return connection;
    for (absl::Time end = SteadyNow() + jittered; SteadyNow() < end;) {
      if (!context.Check().ok()) return connection;
      absl::SleepFor(kWaitSlice);
    }
    pause = std::min(pause * 2, kLongestPause);
  }
}

absl::StatusOr<std::unique_ptr<Session>> Pool::State::Open(const CallContext& context,
                                                           absl::Time limit) {
  auto connection = ConnectPatiently(context, limit);
  if (!connection.ok()) {
    Return(nullptr);
    return connection.status();
  }
  {
    std::lock_guard lock(mutex);
    ++counters.opened;
  }
  Connection& opened = **connection;
  std::unique_ptr<Session> session = Lend(*std::move(connection), context);
  absl::Status status = SetUp(*session, opened, options);
  if (status.ok()) return session;
  session->Close();
  return status;
}

Pool::Pool(PoolOptions options) : state_(std::make_shared<State>(std::move(options))) {}

Pool::~Pool() {
  std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->idle.clear();
}

absl::StatusOr<std::unique_ptr<Session>> Pool::Acquire(const CallContext& context) {
  absl::Time limit = SteadyNow() + state_->options.acquire_timeout;
  while (true) {
    ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, state_->Take(context, limit));
    if (connection == nullptr) return state_->Open(context, limit);
    bool gone = connection->ServerHungUp();
    bool ask = SteadyNow() - connection->idle_since > kAskAfterIdle;
    std::unique_ptr<Session> session = state_->Lend(std::move(connection), context);
    if (!gone && (!ask || session->Execute("SELECT 1").ok())) return session;
    session->Close();
  }
}

PoolStats Pool::stats() const {
  std::lock_guard lock(state_->mutex);
  PoolStats stats = state_->counters;
  stats.in_use = state_->in_use;
  stats.waiting = static_cast<int>(state_->waiters.size());
  stats.open = state_->in_use + static_cast<int>(state_->idle.size());
  return stats;
}

}  // namespace stateserver::postgres
