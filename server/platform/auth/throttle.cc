// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/throttle.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/sha256.h"

namespace stateserver::auth {
namespace {

constexpr size_t kMostAddresses = 10'000;
constexpr size_t kAddressesKept = 9'000;  // when there were too many
constexpr size_t kMostCredentials = 10'000;
constexpr absl::Duration kRemembered = absl::Minutes(10);

}  // namespace

// Returns the failures that have not expired yet.
double Throttle::Left(const Bucket& bucket, absl::Time now) const {
  double forgiven = absl::ToDoubleSeconds(now - bucket.at) * failures_ / 60;
  return std::max(0.0, bucket.failures - forgiven);
}

absl::Duration Throttle::Wait(std::string_view address, std::string_view credentials,
                              absl::Time now) {
  std::lock_guard lock(mutex_);
  auto bucket = buckets_.find(address);
  if (bucket == buckets_.end()) return absl::ZeroDuration();
  double over = Left(bucket->second, now) - (failures_ - 1);
  if (over <= 0) return absl::ZeroDuration();
  auto good = good_.find(Sha256::Hex(credentials));
  if (good != good_.end() && now - good->second < kRemembered) return absl::ZeroDuration();
  return absl::Seconds(over * 60 / failures_);
}

void Throttle::Failed(std::string_view address, absl::Time now) {
  std::lock_guard lock(mutex_);
  Bucket& bucket = buckets_[std::string(address)];
  bucket.failures = std::min<double>(Left(bucket, now) + 1, failures_);
  bucket.at = now;
  if (buckets_.size() > kMostAddresses) MakeRoom(now);
}

void Throttle::MakeRoom(absl::Time now) {
  std::erase_if(buckets_, [&](const auto& entry) { return Left(entry.second, now) <= 0; });
  if (buckets_.size() <= kAddressesKept) return;
  // All addresses are active. The oldest are dropped, many at once: this looks at all of them, and
  // must not come with every failure of a flood.
  std::vector<absl::Time> times;
  times.reserve(buckets_.size());
  for (const auto& [address, bucket] : buckets_) times.push_back(bucket.at);
  auto last_dropped =
      times.begin() + static_cast<std::ptrdiff_t>(times.size() - kAddressesKept - 1);
  std::nth_element(times.begin(), last_dropped, times.end());
  std::erase_if(buckets_, [&](const auto& entry) { return entry.second.at <= *last_dropped; });
}

void Throttle::Succeeded(std::string_view credentials, absl::Time now) {
  std::lock_guard lock(mutex_);
  good_[Sha256::Hex(credentials)] = now;
  if (good_.size() <= kMostCredentials) return;
  std::erase_if(good_, [&](const auto& entry) { return now - entry.second > kRemembered; });
  if (good_.size() > kMostCredentials) good_.clear();
}

}  // namespace stateserver::auth
