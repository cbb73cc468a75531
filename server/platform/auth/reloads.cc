// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/reloads.h"

#include "common/error.h"

namespace stateserver::auth {

void Reloads::Took() {
  refused_.clear();
  metrics_.AuthReloaded(source_, true);
  logger_.Log(telemetry::LogLevel::kInfo, "took over what tells who may call",
              {{"source", source_}, {"from", from_}});
}

void Reloads::Refused(const absl::Status& status) {
  std::string why(MessageOf(status));
  if (why == refused_) return;
  refused_ = why;
  metrics_.AuthReloaded(source_, false);
  logger_.Log(telemetry::LogLevel::kError,
              "what tells who may call is not usable; what was read before stays in use",
              {{"source", source_}, {"from", from_}, {"error", why}});
}

}  // namespace stateserver::auth
