// SPDX-License-Identifier: Apache-2.0
//
// Ends streams whose other side neither sends nor takes anything: each holds a
// thread, a database connection, and maybe one of the few imports.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/time.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::rpc {

// When a call began to wait for its peer. Thread-safe.
class StreamActivity {
 public:
  // Waits from construction to destruction. Not nested.
  class Waiting {
   public:
    explicit Waiting(StreamActivity& activity) : activity_(activity) { activity_.Set(SteadyNow()); }
    ~Waiting() { activity_.Set(std::nullopt); }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    StreamActivity& activity_;
  };

  // How long it has been waiting; 0 when it does not.
  absl::Duration waited(absl::Time now) const;
  void SetStalled();
  bool stalled() const;

 private:
  void Set(std::optional<absl::Time> since);

  mutable std::mutex mutex_;
  std::optional<absl::Time> since_;
  bool stalled_ = false;
};

// Looks at the calls under way again and again. Thread-safe.
class StallWatch {
 public:
  // `limit` is asked each time.
  explicit StallWatch(std::function<absl::Duration()> limit);
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  // Watches a call while it lives; `end` breaks its stream off.
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
  telemetry::PeriodicTask task_;  // last: its thread uses the others
};

}  // namespace stateserver::rpc
