// SPDX-License-Identifier: Apache-2.0
//
// Slows down who guesses.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace stateserver::auth {

// Counts failed authentications by address: an IPv4 address, or the /64 of an IPv6
// one. Credentials that held lately are let through whatever others behind the
// same address do. Remembers a bounded number of both. Thread-safe.
class Throttle {
 public:
  // `failures` a minute are free.
  explicit Throttle(int failures) : failures_(failures) {}

  // How long the address has to wait; 0: not at all.
  absl::Duration Wait(std::string_view address, std::string_view credentials, absl::Time now);
  void Failed(std::string_view address, absl::Time now);
  void Succeeded(std::string_view credentials, absl::Time now);

 private:
  struct Bucket {
    double failures = 0;
    absl::Time at;
  };

  double Left(const Bucket& bucket, absl::Time now) const;

  const int failures_;
  std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;
  std::map<std::string, absl::Time, std::less<>> good_;  // by digest of the credentials
};

}  // namespace stateserver::auth
