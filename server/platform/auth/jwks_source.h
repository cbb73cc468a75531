// SPDX-License-Identifier: Apache-2.0
//
// The keys of the identity provider, from a file or a URL.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/auth/jwt.h"
#include "server/platform/auth/tokens.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::auth {

// JwksSource keeps the keys that tokens are checked with. One thread of its own reads them, one
// read at a time: a file every second, a URL as often as the configuration says and when a token
// names a key that the set does not hold. What cannot be read leaves the keys read before in use.
// No call waits for a read. Memory: the key set, and the ids of 1,000 unknown keys. Thread-safe.
class JwksSource {
 public:
  // A file that is not usable is an error. A URL is waited for, two seconds at most, so that a
  // reload of the configuration refuses nobody; a provider that does not answer may come up later.
  static absl::StatusOr<std::unique_ptr<JwksSource>> Open(const config::Jwt& jwt,
                                                          telemetry::Metrics& metrics,
                                                          telemetry::Logger& logger);
  ~JwksSource();
  JwksSource(const JwksSource&) = delete;
  JwksSource& operator=(const JwksSource&) = delete;

  // The keys as of now; null as long as none were read. Where the key is not among them, has the
  // keys read again soon: at most once a second, and less often, down to every 30 seconds, while
  // such reads bring nothing new. A key that a read did not bring causes no other one for a minute.
  std::shared_ptr<const KeySet> KeysFor(const std::string& key_id);

 private:
  JwksSource(const config::Jwt& jwt, telemetry::Metrics& metrics, telemetry::Logger& logger);
  absl::StatusOr<std::string> Read() const;
  // True where the keys are others than before.
  absl::StatusOr<bool> Load();
  absl::Duration Poll();
  void WaitForFirstLook(absl::Duration limit);
  // Returns true if a read on behalf of an unknown key is due. Needs mutex_.
  bool WakeFor(const std::string& key_id, absl::Time now);
  void Remember(const std::string& key_id, absl::Time now);

  const config::Jwt jwt_;
  telemetry::Metrics& metrics_;

  // Used by the reading thread alone, or by Open before there is one.
  Reloads reloads_;
  std::string text_;

  std::mutex mutex_;  // of what follows
  std::condition_variable looked_once_;
  bool looked_ = false;
  std::shared_ptr<const KeySet> keys_;
  // Keys that were asked for and are not in the set, by when.
  std::map<std::string, absl::Time> unknown_;
  // A read that an unknown key asked for is under way, or about to be.
  bool woken_ = false;
  absl::Duration pause_;
  absl::Time next_wake_ = absl::InfinitePast();

  std::unique_ptr<telemetry::PeriodicTask> task_;  // last: its thread uses the others
};

}  // namespace stateserver::auth
