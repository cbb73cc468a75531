// SPDX-License-Identifier: Apache-2.0
//
// The tokens file as it is now.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/auth/identity.h"
#include "server/platform/auth/reloads.h"
#include "server/platform/auth/tokens_file.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::auth {

// Looks every second whether the file changed; one that is broken leaves those
// tokens in use that were read before. Thread-safe.
class TokenStore {
 public:
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(const std::string& path,
                                                          telemetry::Metrics& metrics,
                                                          telemetry::Logger& logger);
  TokenStore(const TokenStore&) = delete;
  TokenStore& operator=(const TokenStore&) = delete;

  // UNAUTHENTICATED says why, for the log: of another form, unknown, wrong,
  // expired. What it says never holds the token.
  absl::StatusOr<IdentityPtr> Find(std::string_view token, absl::Time now) const;

 private:
  TokenStore(std::string path, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : path_(path), reloads_("tokens", std::move(path), metrics, logger) {}
  absl::Status Load();
  void Look();

  const std::string path_;
  Reloads reloads_;
  std::string text_;  // of the file, as it was taken

  mutable std::mutex mutex_;
  std::map<std::string, TokenEntry, std::less<>> entries_;

  std::unique_ptr<telemetry::PeriodicTask> task_;  // last: its thread uses the others
};

}  // namespace stateserver::auth
