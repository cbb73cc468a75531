// SPDX-License-Identifier: Apache-2.0
//
// The public keys of the identity provider, read from a file or a URL.
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

// JwksSource keeps the keys that verify JSON Web Tokens. A background thread reads them, one read
// at a time: a file every second; a URL at the configured interval, and also when a token names an
// unknown key. If a read fails, the previous keys stay in use. No call waits for a read. Memory is
// bounded by the key set and the ids of 1,000 unknown keys. Thread-safe.
class JwksSource {
 public:
  // Opens the source that `jwt` names. Returns an error if a file is not usable. For a URL, waits
  // at most two seconds for the first read, so that a reload of the configuration does not reject
  // valid tokens; a provider that does not respond is not an error.
  static absl::StatusOr<std::unique_ptr<JwksSource>> Open(const config::Jwt& jwt,
                                                          telemetry::Metrics& metrics,
                                                          telemetry::Logger& logger);
  ~JwksSource();
  JwksSource(const JwksSource&) = delete;
  JwksSource& operator=(const JwksSource&) = delete;

  // Returns the current keys, or null if none have been read yet. If `key_id` is not among them,
  // schedules another read: at most once a second, backing off to once every 30 seconds while such
  // reads bring no new key. A key that a read did not bring triggers no other read for a minute.
  std::shared_ptr<const KeySet> KeysFor(const std::string& key_id);

 private:
  JwksSource(const config::Jwt& jwt, telemetry::Metrics& metrics, telemetry::Logger& logger);
  absl::StatusOr<std::string> Read() const;
  // Returns true if the keys have changed.
  absl::StatusOr<bool> Load();
  absl::Duration Poll();
  void WaitForFirstLook(absl::Duration limit);
  // Returns true if a read on behalf of an unknown key is due. Needs mutex_.
  bool WakeFor(const std::string& key_id, absl::Time now);
  void Remember(const std::string& key_id, absl::Time now);

  const config::Jwt jwt_;
  telemetry::Metrics& metrics_;

  // Used only by the reading thread, or by Open before that thread starts.
  Reloads reloads_;
  std::string text_;

  std::mutex mutex_;  // guards the members below
  std::condition_variable looked_once_;
  bool looked_ = false;
  std::shared_ptr<const KeySet> keys_;
  // Keys that callers asked for and the set does not hold, with the time of the request.
  std::map<std::string, absl::Time> unknown_;
  // True while a read for an unknown key is pending or running.
  bool woken_ = false;
  absl::Duration pause_;
  absl::Time next_wake_ = absl::InfinitePast();

  std::unique_ptr<telemetry::PeriodicTask> task_;  // last member: its thread uses the others
};

}  // namespace stateserver::auth
