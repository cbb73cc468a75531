// The keys of the identity provider, from a file or a URL.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/auth/jwt.h"
#include "server/auth/reloads.h"
#include "server/telemetry/periodic_task.h"

namespace stateserver::auth {

// A file is looked at every second, a URL as often as the configuration says and
// when a token names a key that is not known yet. What cannot be read leaves the
// keys read before in use. Thread-safe.
class JwksSource {
 public:
  // A file that is not usable is an error; a URL may come up later.
  static absl::StatusOr<std::unique_ptr<JwksSource>> Open(const config::Jwt& jwt,
                                                          telemetry::Metrics& metrics,
                                                          telemetry::Logger& logger);
  JwksSource(const JwksSource&) = delete;
  JwksSource& operator=(const JwksSource&) = delete;

  // Null as long as none were read. Asks anew where the key is not among them, at
  // most once a second for all callers.
  std::shared_ptr<const KeySet> KeysFor(const std::string& key_id);

 private:
  JwksSource(const config::Jwt& jwt, telemetry::Metrics& metrics, telemetry::Logger& logger);
  absl::StatusOr<std::string> Read() const;
  absl::Status Load();
  void Look();
  std::shared_ptr<const KeySet> keys() const;

  const config::Jwt jwt_;

  std::mutex loading_;  // of what follows; taken before mutex_
  Reloads reloads_;
  std::string text_;
  absl::Time looked_ = absl::InfinitePast();

  mutable std::mutex mutex_;
  std::shared_ptr<const KeySet> keys_;

  std::unique_ptr<telemetry::PeriodicTask> task_;  // last: its thread uses the others
};

}  // namespace stateserver::auth
