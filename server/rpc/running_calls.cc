// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/running_calls.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "common/time.h"

namespace stateserver::rpc {

void Phases::Enter(std::string_view name) {
  absl::Time now = SteadyNow();
  if (!phases_.empty()) {
    if (phases_[present_].name == name) return;
    phases_[present_].spent += now - since_;
  }
  since_ = now;
  auto find = [&](std::string_view wanted) {
    auto found = std::find_if(phases_.begin(), phases_.end(),
                              [&](const Phase& phase) { return phase.name == wanted; });
    return static_cast<size_t>(found - phases_.begin());
  };
  present_ = find(name);
  if (present_ < phases_.size()) return;
  if (phases_.size() >= kMax) present_ = find(name = "others");
  if (present_ == phases_.size()) phases_.push_back({std::string(name), absl::ZeroDuration()});
}

std::string Phases::Text() const {
  std::string text;
  for (size_t i = 0; i < phases_.size(); ++i) {
    absl::Duration spent = phases_[i].spent;
    if (i == present_) spent += SteadyNow() - since_;
    if (!text.empty()) text.append(", ");
    text.append(phases_[i].name).append(" ");
    text.append(absl::FormatDuration(absl::Trunc(
        spent, spent < absl::Seconds(1) ? absl::Milliseconds(1) : absl::Milliseconds(100))));
  }
  return text;
}

void RunningCall::Begin(std::string_view method, std::string_view principal,
                        std::string_view peer) {
  std::lock_guard lock(mutex_);
  known_.method = method;
  known_.principal = principal;
  known_.peer = peer;
  known_.started = absl::Now();
}

void RunningCall::set_gateway(std::string_view name) {
  std::lock_guard lock(mutex_);
  known_.gateway = name;
}

void RunningCall::set_operation(std::string_view id) {
  std::lock_guard lock(mutex_);
  known_.operation = id;
}

void RunningCall::EnterPhase(std::string_view name) {
  std::lock_guard lock(mutex_);
  if (known_.phase == name) return;
  known_.phase = name;
  known_.done = 0;
  known_.total = 0;
}

void RunningCall::AddDone(int64_t done) {
  std::lock_guard lock(mutex_);
  known_.done += done;
}

void RunningCall::SetDone(int64_t done, int64_t total) {
  std::lock_guard lock(mutex_);
  known_.done = done;
  known_.total = total;
}

CallSnapshot RunningCall::Snapshot() const {
  std::lock_guard lock(mutex_);
  CallSnapshot snapshot = known_;
  snapshot.backends = backends_->List();
  return snapshot;
}

void CancelFlag::Set(std::string principal) {
  std::lock_guard lock(mutex_);
  by_ = std::move(principal);
}

std::string CancelFlag::by() const {
  std::lock_guard lock(mutex_);
  return by_;
}

RunningCalls::Guard::Guard(RunningCalls& calls, const RunningCall& call) : calls_(calls) {
  std::lock_guard lock(calls_.mutex_);
  place_ = calls_.calls_.insert(calls_.calls_.end(), &call);
}

RunningCalls::Guard::~Guard() {
  std::lock_guard lock(calls_.mutex_);
  calls_.calls_.erase(place_);
}

std::vector<CallSnapshot> RunningCalls::List() const {
  std::lock_guard lock(mutex_);
  std::vector<CallSnapshot> snapshots;
  for (const RunningCall* call : calls_) snapshots.push_back(call->Snapshot());
  return snapshots;
}

void RunningCalls::Cancel(std::string_view gateway, std::string_view operation,
                          std::string_view principal) {
  std::lock_guard lock(mutex_);
  for (const RunningCall* call : calls_) {
    CallSnapshot snapshot = call->Snapshot();
    if (snapshot.gateway == gateway && snapshot.operation == operation) {
      call->cancel_flag()->Set(std::string(principal));
    }
  }
}

}  // namespace stateserver::rpc
