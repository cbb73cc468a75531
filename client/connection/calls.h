// SPDX-License-Identifier: Apache-2.0
//
// The calls under way, so that Ctrl-C can cancel them. Internal to connection/.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "client/settings/settings.h"
#include "grpcpp/client_context.h"

namespace stateserver::client {

// Thread-safe.
class Calls {
 public:
  explicit Calls(const Settings& settings) : settings_(settings) {}

  void Interrupt();
  void Resume();
  // Runs what `OnQuestion` was given first: an interrupt on its way counts.
  bool interrupted() const;
  void OnQuestion(std::function<void()> deliver) { deliver_ = std::move(deliver); }

 private:
  friend class Call;
  void Add(grpc::ClientContext* context);
  void Remove(grpc::ClientContext* context);

  const Settings& settings_;
  mutable std::mutex mutex_;
  std::set<grpc::ClientContext*> contexts_;
  bool interrupted_ = false;
  std::function<void()> deliver_;  // set before the first call
};

// One call's context with deadline and token, registered while it lives.
class Call {
 public:
  explicit Call(Calls& calls);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  grpc::ClientContext* context() { return &context_; }

 private:
  Calls& calls_;
  grpc::ClientContext context_;
};

}  // namespace stateserver::client
