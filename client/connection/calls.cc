// SPDX-License-Identifier: Apache-2.0

#include "client/connection/calls.h"

#include <chrono>

namespace stateserver::client {

void Calls::Interrupt() {
  std::lock_guard lock(mutex_);
  interrupted_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
}

void Calls::Resume() {
  std::lock_guard lock(mutex_);
  interrupted_ = false;
}

bool Calls::interrupted() const {
  if (deliver_) deliver_();
  std::lock_guard lock(mutex_);
  return interrupted_;
}

void Calls::Add(grpc::ClientContext* context) {
  std::lock_guard lock(mutex_);
  contexts_.insert(context);
  // A cancel before the call starts makes it fail as soon as it does.
  if (interrupted_) context->TryCancel();
}

void Calls::Remove(grpc::ClientContext* context) {
  std::lock_guard lock(mutex_);
  contexts_.erase(context);
}

Call::Call(Calls& calls) : calls_(calls) {
  const Settings& settings = calls.settings_;
  if (settings.timeout > 0) {
    auto limit = std::chrono::duration<double>(settings.timeout);
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::duration_cast<std::chrono::system_clock::duration>(limit));
  }
  // As plain metadata: call credentials would not go over a connection without
  // TLS, which a server on the same machine may well have.
  if (!settings.token.empty()) context_.AddMetadata("authorization", "Bearer " + settings.token);
  if (!settings.trace_parent.empty()) context_.AddMetadata("traceparent", settings.trace_parent);
  calls_.Add(&context_);
}

Call::~Call() { calls_.Remove(&context_); }

}  // namespace stateserver::client
