// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/supervisor.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/steady_time.h"
#include "server/platform/embedded/processes.h"

namespace stateserver::postgres::embedded {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(50);
constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(10);
// A cluster that ran this long starts over with the first pause.
constexpr absl::Duration kStable = absl::Minutes(1);

}  // namespace

Supervisor::Supervisor(PostmasterSettings settings, SupervisorOptions options)
    : postmaster_(std::move(settings)), options_(std::move(options)) {}

absl::Status Supervisor::Start() {
  thread_ = std::thread([this] { Loop(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return phase_ != Phase::kStarting; });
  return failure_;
}

bool Supervisor::running() const {
  std::lock_guard lock(mutex_);
  return phase_ == Phase::kReady;
}

void Supervisor::Stop() {
  std::lock_guard one(stop_mutex_);
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Supervisor::Set(Phase phase, absl::Status status) {
  {
    std::lock_guard lock(mutex_);
    phase_ = phase;
    failure_ = std::move(status);
  }
  changed_.notify_all();
}

bool Supervisor::Pause(absl::Duration duration) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(duration),
                           [this] { return stopping_; });
}

absl::Status Supervisor::StartOnce() {
  RETURN_IF_ERROR(ClearLeftovers(postmaster_.data(), options_.stop_timeout));
  RETURN_IF_ERROR(postmaster_.Launch());
  absl::Time end = SteadyNow() + options_.start_timeout;
  while (!postmaster_.Ready()) {
    if (!postmaster_.Alive()) {
      return Error(Reason::DATABASE_UNREACHABLE, "the embedded PostgreSQL in " +
                                                     postmaster_.data() +
                                                     " does not start: " + postmaster_.LastWords());
    }
    if (SteadyNow() >= end) {
      postmaster_.Shutdown(options_.stop_timeout);
      return Error(Reason::DATABASE_UNREACHABLE, "the embedded PostgreSQL in " +
                                                     postmaster_.data() + " was not ready within " +
                                                     absl::FormatDuration(options_.start_timeout) +
                                                     ": " + postmaster_.LastWords());
    }
    if (Pause(kLook)) return Error(Reason::SHUTTING_DOWN, "the server stops");
  }
  return absl::OkStatus();
}

void Supervisor::Watch() {
  while (postmaster_.Alive()) {
    if (Pause(kLook)) return;
  }
}

bool Supervisor::Restart(absl::Duration pause) {
  if (Pause(pause)) return false;
  absl::Status started = StartOnce();
  if (!started.ok()) {
    if (ReasonOf(started) != Reason::SHUTTING_DOWN) {
      options_.on_event(std::string(started.message()));
    }
    return false;
  }
  Set(Phase::kReady);
  options_.on_event("the embedded PostgreSQL in " + postmaster_.data() + " is ready again");
  return true;
}

void Supervisor::Loop() {
  absl::Status started = StartOnce();
  if (!started.ok()) {
    postmaster_.Shutdown(options_.stop_timeout);
    return Set(Phase::kFailed, started);
  }
  Set(Phase::kReady);
  absl::Duration pause = kFirstPause;
  for (;;) {
    absl::Time since = SteadyNow();
    Watch();
    if (Pause(absl::ZeroDuration())) break;
    if (running()) {
      Set(Phase::kDown);
      options_.on_event("the embedded PostgreSQL in " + postmaster_.data() +
                        " ended unexpectedly and is started again: " + postmaster_.LastWords());
    }
    pause = SteadyNow() - since > kStable ? kFirstPause : std::min(2 * pause, kLongestPause);
    Restart(pause);
  }
  postmaster_.Shutdown(options_.stop_timeout);
  Set(Phase::kStopped);
}

}  // namespace stateserver::postgres::embedded
