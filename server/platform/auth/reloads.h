// SPDX-License-Identifier: Apache-2.0
//
// Telling of what was read again.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"

namespace stateserver::auth {

// One file or URL that is looked at again and again. Says an error once. Not
// thread-safe.
class Reloads {
 public:
  // `source` is "tokens" or "jwks"; `from` the path or URL.
  Reloads(std::string_view source, std::string from, telemetry::Metrics& metrics,
          telemetry::Logger& logger)
      : source_(source), from_(std::move(from)), metrics_(metrics), logger_(logger) {}

  void Took();
  void Refused(const absl::Status& status);
  // It is again as it was when it was taken.
  void Unchanged() { refused_.clear(); }

 private:
  const std::string source_;
  const std::string from_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;
  std::string refused_;
};

}  // namespace stateserver::auth
