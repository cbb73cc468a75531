// SPDX-License-Identifier: Apache-2.0
//
// Rate limiting of failed authentications.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace stateserver::auth {

// Throttle counts failed authentications by address: an IPv4 address, or the /64 of an IPv6
// address. Credentials that succeeded recently always pass, even if other clients at the same
// address fail. The number of addresses and credentials kept is bounded. Thread-safe.
class Throttle {
 public:
  // Allows `failures` failures a minute without a delay.
  explicit Throttle(int failures) : failures_(failures) {}

  // Returns how long the address has to wait; zero if it need not wait.
  absl::Duration Wait(std::string_view address, std::string_view credentials, absl::Time now);
  void Failed(std::string_view address, absl::Time now);
  void Succeeded(std::string_view credentials, absl::Time now);

 private:
  struct Bucket {
    double failures = 0;
    absl::Time at;
  };

  double Left(const Bucket& bucket, absl::Time now) const;
  void MakeRoom(absl::Time now);

  const int failures_;
  std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;
  std::map<std::string, absl::Time, std::less<>> good_;  // by digest of the credentials
};

}  // namespace stateserver::auth
