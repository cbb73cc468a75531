#include "server/postgres/pool.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "server/postgres/connection.h"
#include "server/postgres/pooled_session.h"
#include "server/postgres/watcher.h"

namespace stateserver::postgres {
namespace {

// Longer idle than this, a connection is asked; before, only its socket is.
constexpr absl::Duration kAskAfterIdle = absl::Seconds(30);
constexpr absl::Duration kWaitSlice = absl::Milliseconds(25);

// Settings every session relies on. lz4 costs a fraction of pglz's time; it
// exists from PostgreSQL 14 on, where the build has it.
constexpr char kSetup[] =
    "SET standard_conforming_strings = on;"
    "SET client_min_messages = warning;"
    "SET idle_in_transaction_session_timeout = 0;"
    "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings"
    " WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)";

}  // namespace

struct Pool::State : std::enable_shared_from_this<State> {
  explicit State(PoolOptions pool_options) : options(std::move(pool_options)) {}

  const PoolOptions options;
  Watcher watcher;
  mutable std::mutex mutex;
  std::condition_variable freed;
  // The one used last is at the end and is lent first.
  std::vector<std::unique_ptr<Connection>> idle;
  int in_use = 0;
  int waiting = 0;
  bool closed = false;

  // Waits for a slot: an idle connection, or null for the right to open one.
  absl::StatusOr<std::unique_ptr<Connection>> Take(const CallContext& context);
  absl::StatusOr<std::unique_ptr<Session>> Open(const CallContext& context);
  std::unique_ptr<Session> Lend(std::unique_ptr<Connection> connection, const CallContext& context);
  void Return(std::unique_ptr<Connection> connection);
  absl::Status AllInUse() const;
};

absl::Status Pool::State::AllInUse() const {
  return Error(Reason::OVERLOADED,
               absl::StrCat("all ", options.max_connections,
                            " connections to the state database are in use and none became free "
                            "within ",
                            absl::FormatDuration(options.acquire_timeout)),
               "Try again later, or raise the number of connections.");
}

absl::StatusOr<std::unique_ptr<Connection>> Pool::State::Take(const CallContext& context) {
  RETURN_IF_ERROR(context.Check());
  absl::Time limit = absl::Now() + options.acquire_timeout;
  std::unique_lock lock(mutex);
  ++waiting;
  while (in_use >= options.max_connections) {
    freed.wait_for(lock, absl::ToChronoMilliseconds(kWaitSlice));
    absl::Status status = context.Check();
    if (status.ok() && absl::Now() > limit && in_use >= options.max_connections) {
      status = AllInUse();
    }
    if (!status.ok()) {
      --waiting;
      return status;
    }
  }
  --waiting;
  ++in_use;
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

void Pool::State::Return(std::unique_ptr<Connection> connection) {
  bool keep = connection != nullptr && connection->alive() && !connection->unfit;
  if (!keep) connection.reset();
  std::unique_lock lock(mutex);
  --in_use;
  if (keep && !closed) {
    connection->idle_since = absl::Now();
    idle.push_back(std::move(connection));
  }
  lock.unlock();
  freed.notify_one();
}

absl::StatusOr<std::unique_ptr<Session>> Pool::State::Open(const CallContext& context) {
  auto connection = Connect(options.conninfo, context);
  if (!connection.ok()) {
    Return(nullptr);
    return connection.status();
  }
  std::unique_ptr<Session> session = Lend(*std::move(connection), context);
  absl::Status status = session->Execute(kSetup);
  if (status.ok() && !options.setup_sql.empty()) status = session->Execute(options.setup_sql);
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
  while (true) {
    ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, state_->Take(context));
    if (connection == nullptr) return state_->Open(context);
    bool gone = connection->ServerHungUp();
    bool ask = absl::Now() - connection->idle_since > kAskAfterIdle;
    std::unique_ptr<Session> session = state_->Lend(std::move(connection), context);
    if (!gone && (!ask || session->Execute("SELECT 1").ok())) return session;
    session->Close();
  }
}

PoolStats Pool::stats() const {
  std::lock_guard lock(state_->mutex);
  PoolStats stats;
  stats.in_use = state_->in_use;
  stats.waiting = state_->waiting;
  stats.open = state_->in_use + static_cast<int>(state_->idle.size());
  return stats;
}

}  // namespace stateserver::postgres
