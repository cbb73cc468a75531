// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/running_calls.h"

#include "absl/time/clock.h"

namespace stateserver::rpc {

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

}  // namespace stateserver::rpc
