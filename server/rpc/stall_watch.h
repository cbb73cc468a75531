// SPDX-License-Identifier: Apache-2.0
//
// Ends streams whose peer neither sends nor receives. Each such stream holds a thread, a database
// connection, and possibly one of the few import slots.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>

#include "absl/time/time.h"
#include "common/time.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::rpc {

// StreamActivity records when a call began to wait for its peer. Thread-safe.
class StreamActivity {
 public:
  // Waiting marks the call as waiting from construction to destruction. Must not be nested.
  class Waiting {
   public:
    explicit Waiting(StreamActivity& activity) : activity_(activity) { activity_.Set(SteadyNow()); }
    ~Waiting() { activity_.Set(std::nullopt); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    StreamActivity& activity_;
  };

  // Returns how long the call has been waiting; zero if it is not waiting.
  absl::Duration waited(absl::Time now) const;
  void SetStalled();
  bool stalled() const;

 private:
  void Set(std::optional<absl::Time> since);

  mutable std::mutex mutex_;
  std::optional<absl::Time> since_;
  bool stalled_ = false;
};

// StallWatch checks the active calls periodically. Thread-safe.
class StallWatch {
 public:
  // `limit` is called before each check.
  explicit StallWatch(std::function<absl::Duration()> limit);
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  // Guard watches a call while the guard lives; `end` terminates its stream.
  class Guard {
   public:
    Guard(StallWatch& watch, StreamActivity& activity, std::function<void()> end);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    friend class StallWatch;
    StallWatch& watch_;
    StreamActivity& activity_;
    const std::function<void()> end_;
  };

 private:
  absl::Duration Poll();

  const std::function<absl::Duration()> limit_;
  std::mutex mutex_;
  std::set<Guard*> guards_;
  telemetry::PeriodicTask task_;  // last member: its thread uses the others
};

}  // namespace stateserver::rpc
